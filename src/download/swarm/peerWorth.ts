import type { PeerAddress } from '../../contracts/network.ts';
import type { AddressBook } from '../../torrent/peers/addressBook.ts';
import type { Useless } from '../../torrent/peers/hostRoom.ts';
import { isScarce } from '../../torrent/picker/scarce.ts';
import type { DownloadStats } from '../state/downloadStats.ts';

/** With more known addresses than this, the last peer need not be kept. */
const FEW = 4;
/** Milliseconds in which a peer must say what it has, or send a part of the info dictionary. */
const GREETING = 2_000;

/**
 * The connected peers that have nothing we lack, as long as we lack something. A peer that has just joined may not have
 * said yet what it has.
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

/** Is this leaving peer irreplaceable? It is the last one, or it had a piece that we lack and no other peer has. */
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
