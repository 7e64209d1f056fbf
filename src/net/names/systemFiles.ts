import { readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';

/** Bytes of a file of settings; a longer one is none. */
const MAX_BYTES = 65_536;
/**
 * Where /etc/resolv.conf is all there is to know: elsewhere a VPN or encrypted DNS may be set up in ways that only the
 * system knows of.
 */
const PLAIN: ReadonlySet<NodeJS.Platform> = new Set(['linux', 'freebsd', 'openbsd', 'netbsd', 'sunos', 'aix']);
/**
 * What is looked up in nsswitch.conf by means that we have ourselves, or that are for names that the system is asked
 * for anyway.
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
 * Is this a name for which name servers are not asked first: one word, one of this house, or any where the system has
 * its own ways?
 */
export const isForSystem = (name: string, { platform, hostname: own }: Omit<SystemFiles, 'read'>): boolean => {
  const bare = name.replace(/\.$/, '');
  return !PLAIN.has(platform) || !bare.includes('.') || bare.endsWith('.local') || bare === own.toLowerCase();
};

/**
 * May the system know a name that the name servers do not: by a search list, or by anything but name servers and the
 * hosts file?
 */
export const mayKnowMore = ({ read: text }: Pick<SystemFiles, 'read'>): boolean => {
  if (/^[ \t]*(?:search|domain)[ \t]+[^\s.#;]/m.test(text('/etc/resolv.conf'))) return true;
  const [, hosts = ''] = /^[ \t]*hosts:([^#\n]*)/m.exec(text('/etc/nsswitch.conf')) ?? [];
  const ways = hosts.replace(/\[[^\]]*\]/g, ' ').trim();
  return ways !== '' && !ways.split(/\s+/).every((way) => KNOWN.test(way));
};
