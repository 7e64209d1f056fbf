import { InputError } from '../../contracts/errors.ts';
import type { Command } from '../command.ts';
import { aliases } from '../args/aliases.ts';
import { bash } from '../completion/bash.ts';
import { fish } from '../completion/fish.ts';
import { completed, SHELLS } from '../completion/words.ts';
import { zsh } from '../completion/zsh.ts';
import type { Given, Io } from '../io/io.ts';

const writers = { bash, zsh, fish };

/** `rxtorrent completion`: a script for the shell, of this table of commands. */
export const completion =
  (table: Readonly<Record<string, Command>>) =>
  (given: Given, io: Io): Promise<void> => {
    const shell = SHELLS.find((each) => each === given['shell']);
    if (shell === undefined)
      throw new InputError(
        'bad-option',
        `completion: ${JSON.stringify(given['shell'])}: expected ${SHELLS.join(', ')}`,
      );
    const script = writers[shell](completed(table, aliases));
    io.json?.start();
    io.json?.tell({ type: 'completion', shell, script });
    if (!io.json) io.print(script);
    return Promise.resolve();
  };
