import type { HttpReply } from '../src/contracts/network.ts';

/** What a tracker says: peers in compact form (BEP 23). `interval` in seconds. */
export const announced = (
  peers: readonly string[],
  interval = 1800,
  url = 'http://tracker.test/announce',
): HttpReply => {
  const compact = peers.flatMap((address) => {
    const [host = '', port = '0'] = address.split(':');
    return [...host.split('.').map(Number), Number(port) >> 8, Number(port) & 0xff];
  });
  const text = new TextEncoder();
  const body = [...text.encode(`d8:intervali${interval}e5:peers${compact.length}:`), ...compact, ...text.encode('e')];
  return { status: 200, body: Uint8Array.from(body), url };
};
