const ZERO = 0x30;
const DOT = 0x2e;

/**
 * The number that an IPv4 address is, from 0 to 2³² − 1; −1 for any other text. Written by hand, and without memory of
 * its own, for speed: in a large swarm each peer tells each other of fifty addresses, and all of them are looked at.
 */
export const v4Of = (text: string): number => {
  if (text.length < 7 || text.length > 15) return -1;
  let [part, value, digits, whole] = [0, 0, 0, 0];
  for (let at = 0; at <= text.length; at++) {
    const char = at < text.length ? text.charCodeAt(at) : DOT;
    if (char === DOT) {
      if (digits === 0 || value > 255 || ++part > 4) return -1;
      whole = whole * 256 + value;
      value = digits = 0;
    } else {
      // Only digits are allowed, without a leading zero.
      if (char < ZERO || char > ZERO + 9 || (digits > 0 && value === 0) || digits > 2) return -1;
      value = value * 10 + char - ZERO;
      digits++;
    }
  }
  return part === 4 ? whole : -1;
};

const parseV4 = (text: string): Uint8Array | undefined => {
  const whole = v4Of(text);
  if (whole < 0) return undefined;
  const bytes = new Uint8Array(4);
  for (let at = 0; at < 4; at++) bytes[at] = whole >>> (24 - 8 * at);
  return bytes;
};

const groupsOf = (text: string): number[] | undefined => {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const v4 = index === parts.length - 1 ? parseV4(part) : undefined;
    if (v4) groups.push(((v4[0] ?? 0) << 8) | (v4[1] ?? 0), ((v4[2] ?? 0) << 8) | (v4[3] ?? 0));
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(parseInt(part, 16));
    else return undefined;
  }
  return groups;
};

const parseV6 = (text: string): Uint8Array | undefined => {
  const halves = text.split('::');
  if (halves.length > 2 || text.length > 45) return undefined;
  // The dotted form is legal only at the very end.
  if (halves.length === 2 && (halves[0] ?? '').includes('.')) return undefined;
  const [head, tail = []] = halves.map(groupsOf);
  if (!head || (halves.length === 2 && !groupsOf(halves[1] ?? ''))) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const bytes = new Uint8Array(16);
  [...head, ...Array<number>(missing).fill(0), ...tail].forEach((group, index) =>
    bytes.set([group >> 8, group & 0xff], index * 2),
  );
  return bytes;
};

/** Parses an IP address to 4 or 16 bytes. Undefined for anything else, such as a name or an address with a zone. */
export const parseIp = (text: string): Uint8Array | undefined => (text.includes(':') ? parseV6(text) : parseV4(text));

const isMapped = (ip: Uint8Array): boolean =>
  ip.length === 16 && ip[10] === 0xff && ip[11] === 0xff && ip.subarray(0, 10).every((byte) => byte === 0);

/** Formats 4 or 16 bytes in canonical form (RFC 5952). An IPv4 address mapped into IPv6 is formatted as IPv4. */
export const formatIp = (ip: Uint8Array): string => {
  if (ip.length === 4) return `${ip[0]}.${ip[1]}.${ip[2]}.${ip[3]}`;
  if (isMapped(ip)) return ip.subarray(12).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => (((ip[i * 2] ?? 0) << 8) | (ip[i * 2 + 1] ?? 0)).toString(16));
  let longest = { start: 0, length: 1 };
  for (let start = 0, end = 0; start < 8; start = end + 1) {
    for (end = start; groups[end] === '0'; ) end++;
    if (end - start > longest.length) longest = { start, length: end - start };
  }
  if (longest.length === 1) return groups.join(':');
  return `${groups.slice(0, longest.start).join(':')}::${groups.slice(longest.start + longest.length).join(':')}`;
};
