import { NEVER, type Observable } from 'rxjs';
import { swarm, type SwarmOptions } from '../../operators/swarm.ts';
import type { PeerAddress } from '../../src/contracts/network.ts';
import { PeerError, type PeerCode } from '../../src/contracts/errors.ts';
import { AddressBook } from '../../src/torrent/peers/addressBook.ts';
import type { Mark, Stage } from '../index.ts';

export const addressOf = (port: number): PeerAddress => ({ host: '10.1.0.1', port, source: 'tracker' });

export const [a, b, c, d] = [addressOf(1), addressOf(2), addressOf(3), addressOf(4)];

/** The letter of a peer: `a` listens at port 1. */
export const letterOf = ({ port }: PeerAddress): string => 'abcd'[port - 1] ?? String(port);

/** How a session may end. */
export const failure = (code: PeerCode): PeerError => new PeerError(code, `failed: ${code}`);

/** What becomes of the session with each peer, by its letter. */
export type Sessions = Readonly<Record<string, Observable<unknown>>>;

/** A swarm whose sessions are drawn, by letter; `dials` says when each began. */
export const drawnSwarm = (stage: Stage, sessions: Sessions, options: Partial<SwarmOptions> = {}) => {
  const dials: Mark[] = [];
  const session = (address: PeerAddress): Observable<unknown> => {
    dials.push({ frame: stage.now(), kind: 'value', value: letterOf(address) });
    return sessions[letterOf(address)] ?? NEVER;
  };
  return { dials, run: swarm(session, { book: new AddressBook<PeerAddress>(), maxPeers: 10, ...options }) };
};
