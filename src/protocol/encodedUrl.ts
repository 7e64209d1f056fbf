/** Bytes of UTF-8 that a request may not have as they are, as it has them. */
const percent = (text: string): string => Array.from(new TextEncoder().encode(text), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');

/** A host in any script as name servers know it (IDNA); undefined for one that is none, or of which something would be left out without a word. */
const asciiHost = (host: string): string | undefined =>
  !/\p{Cf}/u.test(host) && URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : undefined;

/**
 * A URL as a request has it: printable ASCII. People type blanks and letters of all scripts, and web pages, servers and torrents have them, too:
 * they are encoded as browsers do it, the host as punycode; what is ASCII stays byte for byte, as it may be signed. Blanks around it are cut off.
 *
 * `http://bücher.example/ein Buch?ä=%E4` is `http://xn--bcher-kva.example/ein%20Buch?%C3%A4=%E4`.
 *
 * Undefined for one with a control character, so that no line break gets into a request, and for one whose host is none.
 */
export const encodedUrl = (text: string): string | undefined => {
  const bare = text.trim();
  if (bare === '' || /\p{Cc}/u.test(bare)) return undefined;
  if (/^[\x21-\x7e]+$/.test(bare)) return bare;
  const [, scheme = '', user = '', host = '', rest = bare] = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*@)?([^/?#]*?)((?::\d*)?(?:[/?#].*)?)$/i.exec(bare) ?? [];
  const ascii = /^[\x21-\x7e]*$/.test(host) ? host : asciiHost(host);
  return ascii === undefined ? undefined : [scheme, user, ascii, rest].map((part) => part.replace(/[^\x21-\x7e]+/gu, percent)).join('');
};

/** Text that was made of bytes one by one, as HTTP headers are, with those that are not ASCII encoded, whatever they stand for. */
export const encodedBytes = (latin1: string): string => latin1.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
