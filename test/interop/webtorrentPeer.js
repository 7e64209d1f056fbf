// A WebTorrent peer for the interop tests: shares what is in DIR of TORRENT over TCP, and finds others by its trackers,
// or by the DHT if it is told where to begin.
//
// usage: node webtorrentPeer.js HOME TORRENT DIR PORT UPLOAD_BYTES_A_SECOND [BOOTSTRAP_HOST:PORT]
//
// HOME is where it was installed without running scripts: so there is no WebRTC, whose place is taken by nothing.
import { register } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const [home, torrent, path, port, limit, bootstrap] = process.argv.slice(2);
const nothing =
  'export const RTCPeerConnection = undefined, RTCSessionDescription = undefined, RTCIceCandidate = undefined;';
const instead = (name) => `data:text/javascript,${encodeURIComponent(name)}`;
const resolve = `export const resolve = (name, context, next) =>
  name === 'webrtc-polyfill' ? { url: ${JSON.stringify(instead(nothing))}, shortCircuit: true } : next(name, context);`;
register(instead(resolve));

const { default: WebTorrent } = await import(pathToFileURL(join(home, 'node_modules/webtorrent/index.js')).href);
const client = new WebTorrent({
  torrentPort: Number(port),
  dht: bootstrap === undefined ? false : { bootstrap: [bootstrap] },
  tracker: bootstrap === undefined,
  lsd: false,
  utPex: false,
  utp: false,
  natUpnp: false,
  natPmp: false,
  uploadLimit: Number(limit) || -1,
});
client.on('error', (error) => {
  console.error(error);
  process.exit(1);
});
client.add(torrent, { path }, (added) => {
  const tell = () =>
    console.log(`${added.done ? 'done' : 'part'} nodes ${client.dht ? client.dht.toJSON().nodes.length : 0}`);
  setInterval(tell, 200);
});
