import type { Readable, Writable } from 'node:stream';
import { isCancel, Prompt } from '@clack/core';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { selects, type Span } from '../../torrent/metainfo/selection.ts';
import { Interrupted } from '../io/exit.ts';
import { pageOf, TickList } from './tickList.ts';

/** The terminal of the question: keys come from `input`, the list is drawn on `output`. */
export interface Terminal {
  readonly input: Readable;
  readonly output: Writable & { readonly columns?: number; readonly rows?: number };
}

const NONE = 'tick at least one, or leave with Ctrl-C';

/**
 * Asks which files are wanted; those of `ticked` (all of them if undefined) are ticked at first. Resolves with indices
 * in `torrent.files`, undefined for all of them.
 *
 * @throws Interrupted when the user leaves with Ctrl-C, Ctrl-D or Escape, the input ends, or `signal` is aborted.
 */
export const tick = async (
  torrent: Pick<Torrent, 'name' | 'files'>,
  ticked: readonly Span[] | undefined,
  { input, output }: Terminal,
  signal: AbortSignal,
): Promise<readonly Span[] | undefined> => {
  const gone = new AbortController();
  // Otherwise the question would stay after its input has ended.
  const end = (): void => gone.abort();
  input.once('end', end);
  const list = new TickList(torrent, selects(ticked));
  const [columns, rows] = [() => output.columns ?? 80, () => output.rows ?? 24];
  const prompt: Prompt<TickList> = new Prompt<TickList>(
    {
      input,
      output,
      signal: AbortSignal.any([signal, gone.signal]),
      initialValue: list,
      validate: () => (list.empty ? NONE : undefined),
      render() {
        if (this.state === 'cancel') return '';
        if (this.state === 'submit') return `${list.title}: ${list.said}`;
        return [...list.lines(columns() - 1, rows()), ...(this.state === 'error' ? [this.error] : [])].join('\n');
      },
    },
    false,
  );
  prompt.on('key', (_, { name = '', ctrl }) => {
    if (ctrl && name === 'd') prompt.state = 'cancel';
    else if (!ctrl) list.press(name, pageOf(rows()));
  });
  const answer = await prompt.prompt();
  input.off('end', end);
  if (isCancel(answer)) throw new Interrupted();
  return list.selection;
};
