import { Malformed } from '../protocol/encoding/malformed.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { type Channel, WHATS } from './values.ts';

/** Where one direction of a wire is in its messages, in whole numbers: see `Frames`. */
export type FrameState = readonly [keep: number, after: number, skip: number, length: number, have: number];
const STATES = 5;

/** A stream of the world that is open when a part of a recording begins. */
export interface OpenStream {
  readonly id: number;
  readonly channel: Channel;
  readonly of: number;
  readonly subject: string;
  /** Of what is heard by `bytes`, and of what is written to a wire. */
  readonly frames: FrameState | undefined;
}

/** How things stand when a part of a recording begins, so that it can be read without those before it. */
export interface Checkpoint {
  /** Milliseconds since the recording began. */
  readonly time: number;
  /** Streams that have been opened so far. */
  readonly opened: number;
  readonly open: readonly OpenStream[];
}

export const putCheckpoint = (out: ByteWriter, { time, opened, open }: Checkpoint): void => {
  out.number(time);
  out.number(opened);
  out.number(open.length);
  for (const { id, channel, of, subject, frames } of open) {
    out.number(id);
    out.u8(WHATS.indexOf(channel));
    out.number(of);
    out.text(subject);
    out.u8(frames === undefined ? 0 : 1);
    for (const each of frames ?? []) out.number(each);
  }
};

const getOpen = (from: ByteReader): OpenStream => {
  const id = from.number();
  const channel = WHATS[from.u8()];
  if (channel === undefined) throw new Malformed('recording', 'a known stream', 'another');
  const [of, subject] = [from.number(), from.text()];
  const frames = from.u8() === 1 ? Array.from({ length: STATES }, () => from.number()) : undefined;
  return { id, channel, of, subject, frames: frames as FrameState | undefined };
};

/** @throws Malformed */
export const getCheckpoint = (from: ByteReader): Checkpoint => {
  const [time, opened] = [from.number(), from.number()];
  const open: OpenStream[] = [];
  for (let left = from.number(); left > 0; left--) open.push(getOpen(from));
  return { time, opened, open };
};
