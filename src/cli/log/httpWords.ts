import type { HttpReply } from '../../contracts/network.ts';
import { decodeAnnounceReply } from '../../protocol/tracker/httpTrackerReply.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { visible } from '../io/text.ts';
import { counted, duration } from '../io/units.ts';
import type { Room } from '../args/logRooms.ts';

/** The purpose of a request, and its room; the URL itself is not shown, since it contains keys and ids. */
export const httpRequest = (url: string): readonly [room: Room, what: string] => {
  const [, query = ''] = url.split('?');
  if (!/(^|&)info_hash=/.test(query)) return ['http', 'get'];
  const of = (name: string): string | undefined => new RegExp(`(?:^|&)${name}=([^&]*)`).exec(query)?.[1];
  if (of('port') === undefined) return ['tracker', 'scrape'];
  const event = of('event');
  const announce = event ? `announce, ${visible(event)}` : 'announce';
  return ['tracker', `${announce}, port ${visible(of('port') ?? '')}, left ${visible(of('left') ?? '?')}`];
};

const announced = (body: Uint8Array): string | undefined => {
  try {
    const reply = decodeAnnounceReply(body);
    if (reply.type === 'failure') return `refused: ${visible(reply.reason)}`;
    const warning = reply.warning ? `, warns: ${visible(reply.warning)}` : '';
    return `${counted(reply.peers.length, 'peer')}, next announce in ${duration(reply.interval)}${warning}`;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
};

export const httpReply = (room: Room, { status, body }: HttpReply): string => {
  const known = room === 'tracker' && status === 200 ? announced(body) : undefined;
  return known ?? `status ${status}, ${counted(body.length, 'byte')}`;
};
