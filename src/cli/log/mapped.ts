import type { ToldAs } from '../../contracts/json/told.ts';
import type { PortMapped } from '../../net/nat/portMapped.ts';
import type { NodeEnvOptions } from '../../node.ts';
import { hostPort } from '../views/events.ts';

/** Hears of what the router does. */
export interface MappingHeard {
  /** Every step, for the log. */
  readonly note: (what: string) => void;
  /** A line for the user; not with `--quiet`. */
  readonly say?: ((line: string) => void) | undefined;
  /** With `--json`. */
  readonly tell?: ((mapped: ToldAs<'port-mapped'>) => void) | undefined;
}

const toldOf = ({ by, port, transports, host }: PortMapped): ToldAs<'port-mapped'> => ({
  type: 'port-mapped',
  by,
  port,
  transports: [...transports],
  ...(host !== undefined && { host }),
});

/** Asks the router to pass our port on, and tells where peers can reach us, once and whenever that has changed. */
export const mappingTold = ({ note, say, tell }: MappingHeard): NodeEnvOptions => {
  let said: string | undefined;
  let told = '';
  return {
    portMapping: true,
    portMappingNote: (what, mapped) => {
      note(what);
      if (mapped === undefined) return;
      const object = toldOf(mapped);
      if (told !== JSON.stringify(object)) tell?.(object);
      told = JSON.stringify(object);
      const { host, port, by } = mapped;
      if (host === undefined || said === host) return;
      said = host;
      say?.(`peers can reach us at ${hostPort({ host, port })} (${by})`);
    },
  };
};
