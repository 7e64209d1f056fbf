import { latin1 } from '../encoding/bencodeScan.ts';
import { visible } from '../encoding/visible.ts';

const AZUREUS: Readonly<Record<string, string>> = {
  '7T': 'aTorrent',
  AG: 'Ares',
  AR: 'Arctic',
  AZ: 'Azureus',
  BB: 'BitBuddy',
  BC: 'BitComet',
  BG: 'BTGetit',
  BI: 'BiglyBT',
  BT: 'BitTorrent',
  CD: 'Enhanced CTorrent',
  DE: 'Deluge',
  FD: 'Free Download Manager',
  FW: 'FrostWire',
  GT: 'anacrolix/torrent',
  HL: 'Halite',
  KG: 'KGet',
  KT: 'KTorrent',
  LT: 'libtorrent',
  lt: 'rTorrent',
  PI: 'PicoTorrent',
  qB: 'qBittorrent',
  QD: 'QQDownload',
  RN: 'rain',
  rQ: 'rqbit',
  RX: 'rxtorrent',
  SD: 'Thunder',
  TR: 'Transmission',
  TX: 'Tixati',
  UE: 'µTorrent Embedded',
  UM: 'µTorrent Mac',
  UT: 'µTorrent',
  UW: 'µTorrent Web',
  WD: 'WebTorrent Desktop',
  WW: 'WebTorrent',
  XF: 'Xfplay',
  XL: 'Xunlei',
};

/** `0D80` is 0.13.8: letters continue the digits, and a trailing 0 is left out. */
const versionOf = (digits: string): string =>
  Array.from(digits.replace(/0$/, ''), (digit) => parseInt(digit, 36)).join('.');

/**
 * The name and version of a client by its peer id, for the user. Never throws; an unknown id is shown as it is. BEP 20.
 */
export const clientName = (peerId: Uint8Array): string => {
  const text = latin1(peerId.subarray(0, 20));
  const azureus = /^-([A-Za-z0-9]{2})([0-9A-Za-z]{4})-/.exec(text);
  if (azureus) {
    const [, code = '', version = ''] = azureus;
    return `${Object.hasOwn(AZUREUS, code) ? AZUREUS[code] : code} ${versionOf(version)}`;
  }
  const aria2 = /^A2-(\d+)-(\d+)-(\d+)/.exec(text);
  if (aria2) return `aria2 ${aria2.slice(1).join('.')}`;
  const mainline = /^M(\d+)-(\d+)-(\d+)--/.exec(text);
  if (mainline) return `BitTorrent ${mainline.slice(1).join('.')}`;
  return `unknown (${visible(text.slice(0, 8))})`;
};
