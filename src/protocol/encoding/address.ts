import type { Endpoint } from './compact.ts';

/** The address as it is written in messages and links: `192.0.2.7:6881`, `[2001:db8::7]:6881`. */
export const addressText = ({ host, port }: Endpoint): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/**
 * The key of an address in a map or a set: two addresses have the same key if host and port are spelled alike. It is
 * never shown to the user.
 */
export const addressKey = ({ host, port }: Endpoint): string => `${host} ${port}`;
