import type { Endpoint } from './compact.ts';

/** As it is written for people and in links: `192.0.2.7:6881`, `[2001:db8::7]:6881`. */
export const addressText = ({ host, port }: Endpoint): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/**
 * The key of an address in a map or a set: two addresses have one key if host and port are spelled alike. For nobody to
 * read.
 */
export const addressKey = ({ host, port }: Endpoint): string => `${host} ${port}`;
