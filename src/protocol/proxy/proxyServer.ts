/** A server that makes connections for us. */
export interface ProxyServer {
  /** `socks5` may relay UDP, too; `http` is CONNECT. All of them are given names as they are, to look them up. */
  readonly kind: 'socks5' | 'socks4a' | 'http';
  readonly host: string;
  readonly port: number;
  readonly user?: string;
  readonly password?: string;
}

const PORTS: Readonly<Record<ProxyServer['kind'], number>> = { socks5: 1080, socks4a: 1080, http: 8080 };
const KINDS: Readonly<Record<string, ProxyServer['kind']>> = {
  'socks5:': 'socks5',
  'socks5h:': 'socks5',
  'socks4a:': 'socks4a',
  'http:': 'http',
};
/** Bytes of a user name and of a password (RFC 1929). */
const MAX_SECRET = 255;

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};

const isSecret = (text: string | undefined): text is string =>
  text !== undefined && !text.includes('\0') && new TextEncoder().encode(text).length <= MAX_SECRET;

/**
 * A proxy as users write it, `socks5://user:password@host:port`, with `%xx` for what a URL can't have; undefined for
 * anything else. SOCKS4a knows no passwords.
 */
export const parseProxy = (text: string): ProxyServer | undefined => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const kind = url && KINDS[url.protocol];
  if (url === undefined || kind === undefined || url.hostname === '' || url.port === '0') return undefined;
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '') return undefined;
  const [user, password] = [decoded(url.username), decoded(url.password)];
  if (!isSecret(user) || !isSecret(password) || (kind === 'socks4a' && password !== '')) return undefined;
  if (kind === 'socks5' && (user === '') !== (password === '')) return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // A URL leaves out the port that its scheme has by default, which is not that of a proxy.
  const port = /:80\/?$/.test(text) ? 80 : Number(url.port || PORTS[kind]);
  return { kind, host, port, ...(user !== '' && { user }), ...(password !== '' && { password }) };
};

/** The same as a message may show it: without our name and password. */
export const shownProxy = ({ kind, host, port }: Pick<ProxyServer, 'kind' | 'host' | 'port'>): string =>
  `${kind}://${host.includes(':') ? `[${host}]` : host}:${port}`;
