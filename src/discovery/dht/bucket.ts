import type { NodeEndpoint } from '../../protocol/encoding/compact.ts';

/** Nodes of a bucket, and as many to take their places. */
export const K = 8;
/** Milliseconds after which a node that has not been heard of is questionable, and a bucket is refreshed. BEP 5. */
export const QUIET = 15 * 60_000;
/**
 * Answers missed in a row that make a node bad: it is not told to others, and leaves when another one wants its place.
 */
export const BAD = 2;

/** A node that has answered us. */
export interface Contact extends NodeEndpoint {
  /** When it last answered or asked, in ms. */
  seen: number;
  /** Answers missed in a row. */
  failures: number;
  /** Has it an id that its address may have? BEP 42. */
  readonly secure: boolean;
}

export interface Bucket {
  readonly contacts: Contact[];
  /** Those who wait for a place, the last heard of at the end. */
  readonly spares: Contact[];
  /** When it was last looked up in, in ms. */
  refreshed: number;
}

export const isBad = ({ failures }: Contact): boolean => failures >= BAD;

export const isQuestionable = (contact: Contact, now: number): boolean =>
  contact.failures > 0 || now - contact.seen >= QUIET;

/** When it was last looked up in; one that has become full without that, when anyone in it was last heard of. */
export const lastMoved = ({ refreshed, contacts }: Bucket): number =>
  refreshed > -Infinity || contacts.length < K ? refreshed : Math.max(...contacts.map(({ seen }) => seen));

/** Who of a full bucket has to leave for a newcomer: a bad one, or for a secure one an insecure one. BEP 42. */
export const victimOf = ({ contacts }: Bucket, newcomer: Pick<Contact, 'secure'>): Contact | undefined => {
  const bad = contacts.filter(isBad).sort((a, b) => b.failures - a.failures)[0];
  return bad ?? (newcomer.secure ? contacts.find(({ secure }) => !secure) : undefined);
};

/** Lets somebody wait for a place; whoever was heard of least recently makes room. */
export const spare = ({ spares }: Bucket, contact: Contact): void => {
  const known = spares.findIndex(({ host, port }) => host === contact.host && port === contact.port);
  if (known >= 0) spares.splice(known, 1);
  spares.push(contact);
  if (spares.length > K) spares.shift();
};
