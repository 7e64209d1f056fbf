/** Bytes that a request may not have as they are, as it has them. */
const percent = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
const utf8 = (text: string): string => percent(new TextEncoder().encode(text));

/**
 * A host in any script as name servers know it (IDNA); undefined for one that is none, or of which something would be
 * left out without a word.
 */
const asciiHost = (host: string): string | undefined =>
  !/[\s\p{Cc}\p{Cf}]/u.test(host) && URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : undefined;

const isAscii = (text: string): boolean => /^[\x21-\x7e]*$/.test(text);

/**
 * Does the host of a URL stand in `text` as it is? Letters of other scripts look like ours: what strangers write has to
 * show where it leads.
 */
export const showsHost = (text: string, { hostname }: URL): boolean =>
  text.toLowerCase().includes(hostname.toLowerCase());

/**
 * A URL as a request has it: printable ASCII. Blanks and letters of all scripts stand in what people type, in pages,
 * and in torrents: they are encoded as browsers do it; what is ASCII stays byte for byte, as it may be signed. Blanks
 * around it are cut off. Undefined for one with a control character, so that no line break gets into a request, and for
 * one whose host is of another script, unless it comes as punycode.
 *
 * `http://example.org/ein Buch?ä=%E4` is `http://example.org/ein%20Buch?%C3%A4=%E4`.
 */
export const encodedUrl = (text: string): string | undefined => {
  const bare = text.trim();
  if (bare === '' || /\p{Cc}/u.test(bare)) return undefined;
  if (isAscii(bare)) return bare;
  const encoded = bare.replace(/[^\x21-\x7e]+/gu, utf8);
  return URL.canParse(encoded) && !showsHost(bare, new URL(encoded)) ? undefined : encoded;
};

/**
 * The same for what people have typed themselves: there the host may be of any script. `http://bücher.example/` is
 * `http://xn--bcher-kva.example/`.
 */
export const typedUrl = (text: string): string | undefined => {
  const [, scheme, host, rest] =
    /^\s*([a-z][a-z0-9+.-]*:\/\/(?:[^/?#]*@)?)([^/?#@]*?)((?::\d*)?(?:[/?#].*)?)$/i.exec(text) ?? [];
  const ascii = host === undefined || isAscii(host) ? host : asciiHost(host);
  return encodedUrl(ascii === undefined ? text : `${scheme}${ascii}${rest}`);
};

/**
 * Text that was made of bytes one by one, as HTTP headers are, with those that are not ASCII encoded, whatever they
 * stand for.
 */
export const encodedBytes = (latin1: string): string =>
  latin1.replace(/[\x80-\xff]/g, (byte) => percent(Uint8Array.of(byte.charCodeAt(0))));
