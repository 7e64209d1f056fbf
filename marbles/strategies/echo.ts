import { tap } from 'rxjs';
import type { OwnExtension } from '../../src/index.ts';

/** An extension (BEP 10) that sends back what it hears. */
export const echo: OwnExtension = {
  name: 'xx_echo',
  talk: ({ payloads$, send }) => payloads$.pipe(tap((payload) => send(payload.slice()))),
};
