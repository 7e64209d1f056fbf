import type { PeerAddress } from '../contracts/network.ts';
import type { AddressBook } from '../torrent/peers/addressBook.ts';
import type { Useless } from '../torrent/peers/hostRoom.ts';
import { isScarce } from '../torrent/picker/scarce.ts';
import type { DownloadStats } from './downloadStats.ts';

/** Peers known, of which none is connected, that are not all kept waiting. */
const FEW = 4;
/** Milliseconds in which a peer says what it has, or gives what a magnet link stands for. */
const GREETING = 2_000;

/**
 * Which of those that are connected have nothing that we lack, as long as we lack something. A peer that has just come
 * may not have said yet what it has.
 */
export const uselessTo = (stats: DownloadStats): ReturnType<Useless<PeerAddress>> => {
  const { picker, crowd } = stats;
  if (picker?.complete === true) return undefined;
  return (address) => {
    const peer = crowd.member(address);
    if (peer === undefined || stats.age(peer) < GREETING) return false;
    return picker === undefined || !picker.wants(peer.state.have);
  };
};

/**
 * Can nobody take the place of this peer, which is about to leave? It is all there is, or had a piece that we lack and
 * nobody else has.
 */
export const isAtStake = (
  address: PeerAddress,
  { picker, crowd, phase }: DownloadStats,
  { active, waiting, known }: AddressBook<PeerAddress>,
): boolean => {
  if (picker?.complete === true || phase.seeds) return false;
  if (active === 0 && waiting === 0 && known <= FEW) return true;
  const have = crowd.member(address)?.state.have;
  return picker !== undefined && have !== undefined && isScarce(have, picker);
};
