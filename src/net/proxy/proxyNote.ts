/** What the proxy was asked, and what came of it. */
export interface ProxyNote {
  /** A host and a port, or `UDP`. */
  readonly to: string;
  readonly what: string;
}
