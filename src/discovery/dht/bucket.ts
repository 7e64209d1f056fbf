import type { NodeEndpoint } from '../../protocol/encoding/compact.ts';

/** Maximum number of nodes in a bucket, and of spare nodes that wait for a place. */
export const K = 8;
/** Milliseconds after which a silent node is questionable, and an unused bucket is refreshed. BEP 5. */
export const QUIET = 15 * 60_000;
/**
 * Number of missed answers in a row that make a node bad: it is not given to others, and is replaced when another node
 * wants its place.
 */
export const BAD = 2;

/** A node that has answered us. */
export interface Contact extends NodeEndpoint {
  /** Time of its last answer or query, in ms. */
  seen: number;
  /** Number of missed answers in a row. */
  failures: number;
  /** Does its id fit its address? BEP 42. */
  readonly secure: boolean;
}

export interface Bucket {
  readonly contacts: Contact[];
  /** Nodes that wait for a place, the most recently seen at the end. */
  readonly spares: Contact[];
  /** Time of the last lookup in this bucket, in ms. */
  refreshed: number;
}

export const isBad = ({ failures }: Contact): boolean => failures >= BAD;

export const isQuestionable = (contact: Contact, now: number): boolean =>
  contact.failures > 0 || now - contact.seen >= QUIET;

/**
 * Time of the last lookup in the bucket. If it has become full without one, the time at which any of its nodes was last
 * seen.
 */
export const lastMoved = ({ refreshed, contacts }: Bucket): number =>
  refreshed > -Infinity || contacts.length < K ? refreshed : Math.max(...contacts.map(({ seen }) => seen));

/**
 * The node of a full bucket that a newcomer replaces: a bad one, or, for a secure newcomer, an insecure one. BEP 42.
 */
export const victimOf = ({ contacts }: Bucket, newcomer: Pick<Contact, 'secure'>): Contact | undefined => {
  const bad = contacts.filter(isBad).sort((a, b) => b.failures - a.failures)[0];
  return bad ?? (newcomer.secure ? contacts.find(({ secure }) => !secure) : undefined);
};

/** Adds a node to those that wait for a place; the least recently seen one makes room. */
export const spare = ({ spares }: Bucket, contact: Contact): void => {
  const known = spares.findIndex(({ host, port }) => host === contact.host && port === contact.port);
  if (known >= 0) spares.splice(known, 1);
  spares.push(contact);
  if (spares.length > K) spares.shift();
};
