import type { ToldAs } from '../../contracts/json/told.ts';
import type { PortMapped } from '../../net/nat/portMapped.ts';
import type { NodeEnvOptions } from '../../node.ts';
import { hostPort } from '../views/events.ts';

/** Addresses remembered that the user was told of. */
const MAX_SAID = 20;

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
  const said = new Set<string>();
  const told = new Map<string, string>();
  return {
    portMapping: true,
    portMappingNote: (what, mapped) => {
      note(what);
      if (mapped === undefined) return;
      const object = toldOf(mapped);
      const { host, port, by } = mapped;
      // IPv4 and each address of IPv6 are passed on for themselves.
      const place = host?.includes(':') === true ? host : '';
      if (told.get(place) !== JSON.stringify(object)) tell?.(object);
      if (told.size >= MAX_SAID) told.clear();
      told.set(place, JSON.stringify(object));
      if (host === undefined || said.has(host)) return;
      if (said.size >= MAX_SAID) said.clear();
      said.add(host);
      say?.(`peers can reach us at ${hostPort({ host, port })} (${by})`);
    },
  };
};
