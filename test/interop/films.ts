import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Content, World } from './world.ts';

const run = promisify(execFile);

/** Seconds of a film, and about how many bytes one of them has. */
export const LASTS = 60;
export const RATE = 250_000;

const PICTURE = `testsrc2=s=320x180:r=25:d=${LASTS},noise=alls=12:allf=t`;
const SOUND = `sine=440:d=${LASTS}`;
const BITS = ['-b:v', `${RATE * 8}`, '-maxrate', `${RATE * 8}`, '-bufsize', `${RATE * 8}`, '-g', '50'];
const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', ...BITS];
const VP8 = ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '16', '-c:a', 'libvorbis', ...BITS];

/** Where each kind of film keeps what a player has to know first: in front, at the end, or its index at the end. */
export const KINDS = {
  'front.mp4': [...H264, '-movflags', '+faststart'],
  'end.mp4': H264,
  'film.webm': VP8,
} as const;

/** A film of a minute that was made just now, as a torrent. */
export const film = async (world: World, name: keyof typeof KINDS): Promise<Content> => {
  const at = world.path(`made-${name}`);
  const from = ['-f', 'lavfi', '-i', PICTURE, '-f', 'lavfi', '-i', SOUND];
  await run('ffmpeg', ['-v', 'error', ...from, ...KINDS[name], at]);
  return world.contentOf(name, [{ path: [name], bytes: new Uint8Array(readFileSync(at)) }]);
};
