/** Percent-encodes bytes that must not stand in a request as they are. */
const percent = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
const utf8 = (text: string): string => percent(new TextEncoder().encode(text));

/**
 * A host in any script, in the ASCII form that name servers know (IDNA). Undefined for an invalid host, and for one of
 * which characters would be dropped silently.
 */
const asciiHost = (host: string): string | undefined =>
  !/[\s\p{Cc}\p{Cf}]/u.test(host) && URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : undefined;

const isAscii = (text: string): boolean => /^[\x21-\x7e]*$/.test(text);

/**
 * Does `text` contain the host of the URL literally? Letters of other scripts look like Latin ones: a link from a
 * stranger has to show where it leads.
 */
export const showsHost = (text: string, { hostname }: URL): boolean =>
  text.toLowerCase().includes(hostname.toLowerCase());

/**
 * A URL as it stands in a request: printable ASCII. Blanks and letters of all scripts occur in what users type, on web
 * pages and in torrents: they are encoded as browsers do it. ASCII characters stay as they are, since they may be
 * signed. Surrounding blanks are cut off. Undefined for a URL with a control character, so that no line break gets into
 * a request, and for one whose host is in another script, unless it is given as punycode.
 *
 * `http://example.org/ein Buch?ä=%E4` is `http://example.org/ein%20Buch?%C3%A4=%E4`.
 */
export const encodedUrl = (text: string): string | undefined => {
  const bare = text.trim();
  if (bare === '' || /[\0-\x1f\x7f-\x9f]/.test(bare)) return undefined;
  if (isAscii(bare)) return bare;
  const encoded = bare.replace(/[^\x21-\x7e]+/gu, utf8);
  return URL.canParse(encoded) && !showsHost(bare, new URL(encoded)) ? undefined : encoded;
};

/**
 * The same for a URL that the user has typed: its host may be in any script. `http://bücher.example/` is
 * `http://xn--bcher-kva.example/`.
 */
export const typedUrl = (text: string): string | undefined => {
  const [, scheme, host, rest] =
    /^\s*([a-z][a-z0-9+.-]*:\/\/(?:[^/?#]*@)?)([^/?#@]*?)((?::\d*)?(?:[/?#].*)?)$/i.exec(text) ?? [];
  const ascii = host === undefined || isAscii(host) ? host : asciiHost(host);
  return encodedUrl(ascii === undefined ? text : `${scheme}${ascii}${rest}`);
};

/**
 * Encodes text that has one character for each byte, as HTTP headers have: bytes that are not ASCII are
 * percent-encoded, whatever they stand for.
 */
export const encodedBytes = (latin1: string): string =>
  latin1.replace(/[\x80-\xff]/g, (byte) => percent(Uint8Array.of(byte.charCodeAt(0))));
