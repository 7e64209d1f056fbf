import { readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';

/** Bytes of a settings file; a longer file is ignored. */
const MAX_BYTES = 65_536;
/**
 * The platforms on which /etc/resolv.conf tells everything. Elsewhere a VPN or encrypted DNS may be set up in ways that
 * only the system knows of.
 */
const PLAIN: ReadonlySet<NodeJS.Platform> = new Set(['linux', 'freebsd', 'openbsd', 'netbsd', 'sunos', 'aix']);
/**
 * Sources in nsswitch.conf that need no help from the system: we read them ourselves, or they serve only names that the
 * system is asked for anyway.
 */
const KNOWN = /^(files|dns|myhostname|mdns\w*_minimal)$/;

/** How this system looks names up. */
export interface SystemFiles {
  readonly platform: NodeJS.Platform;
  readonly hostname: string;
  /** The text of a file, '' if there is none. */
  readonly read: (path: string) => string;
}

const read = (path: string): string => {
  try {
    return statSync(path).size > MAX_BYTES ? '' : readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

export const systemFiles: SystemFiles = { platform: process.platform, hostname: hostname(), read };

/**
 * True for a name that is asked of the system first: a single label, a local name, or any name where the system has
 * sources of its own.
 */
export const isForSystem = (name: string, { platform, hostname: own }: Omit<SystemFiles, 'read'>): boolean => {
  const bare = name.replace(/\.$/, '');
  return !PLAIN.has(platform) || !bare.includes('.') || bare.endsWith('.local') || bare === own.toLowerCase();
};

/**
 * May the system know a name that the name servers do not, by a search list or by a source other than name servers and
 * the hosts file?
 */
export const mayKnowMore = ({ read: text }: Pick<SystemFiles, 'read'>): boolean => {
  if (/^[ \t]*(?:search|domain)[ \t]+[^\s.#;]/m.test(text('/etc/resolv.conf'))) return true;
  const [, hosts = ''] = /^[ \t]*hosts:([^#\n]*)/m.exec(text('/etc/nsswitch.conf')) ?? [];
  const ways = hosts.replace(/\[[^\]]*\]/g, ' ').trim();
  return ways !== '' && !ways.split(/\s+/).every((way) => KNOWN.test(way));
};
