import type { HeardAnnounce } from '../network/tracker.ts';
import type { SwarmPlan } from './plan.ts';
import type { Offence } from './watchedClient.ts';

/** What became of one client of ours. */
export interface HostRun {
  readonly address: string;
  /** Its place in the plan. */
  readonly nth: number;
  /** Milliseconds since the beginning until it was complete; undefined if it was not. */
  readonly done?: number;
  /** When its last piece was on disk for the first time; 0 if it has stored none. */
  readonly stored: number;
  /** Payload bytes of its last run. */
  readonly downloaded: number;
  readonly uploaded: number;
  readonly wasted: number;
  /** Is each byte on its disk right? */
  readonly isWhole: boolean;
  /** Pieces that came out corrupt. */
  readonly corrupt: number;
  /** The hosts that it has banned, and others that it left, by reason. */
  readonly left: readonly { readonly at: number; readonly host: string; readonly reason: string }[];
  /** Codes of warnings. */
  readonly warnings: readonly string[];
  /** If it was watched: what it must not have done, */
  readonly offences: readonly Offence[];
  /** bytes that came again though they had been right, */
  readonly twice: number;
  /** and how long a peer that was interested had to wait to be unchoked, at most, in milliseconds. */
  readonly longestWait: number;
  /** Bytes of pieces that it had in memory at one time, at least, before they were on disk. */
  readonly drafts: number;
  /** Connections that it had at one time, at most, */
  readonly wires: number;
  /** bytes that one of them had to hold beyond its buffer, at most, */
  readonly excess: number;
  /** and timers that were running, at most. */
  readonly timers: number;
  /** The error with which it ended. */
  readonly error?: unknown;
}

/** What a swarm did. */
export interface SwarmRun {
  readonly plan: SwarmPlan;
  /** Milliseconds until everybody was complete, or until the end. */
  readonly took: number;
  /** Our own clients; players are not among them. */
  readonly hosts: readonly HostRun[];
  readonly announces: readonly HeardAnnounce[];
  /** What was still open after everybody had left. */
  readonly open: readonly string[];
  /** Bytes that connections have carried. */
  readonly sent: number;
}
