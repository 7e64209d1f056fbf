import { lastValueFrom, Observable, of, take, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { NameError } from '../../src/net/names/nameError.ts';
import { connectTcp } from '../../src/net/tcp.ts';
import { eventually, serveRaw } from './servers.ts';

describe('a peer with a name', () => {
  it('is dialled where the name leads', async () => {
    const wire$ = connectTcp({ host: 'peer.example', port: 1, source: 'manual' }, 5_000, () => of(['127.0.0.1']));
    await expect(lastValueFrom(wire$)).rejects.toMatchObject({
      name: 'NetworkError',
      code: 'refused',
      message: 'peer.example:1: connection refused',
    });
  });

  it('is reached by any of its addresses, though no program listens at the first ones', async () => {
    const { port } = new URL(await serveRaw(() => undefined));
    const look = () => of(['::1', '127.0.0.9', '127.0.0.1']);
    const wire$ = connectTcp({ host: 'peer.example', port: Number(port), source: 'manual' }, 5_000, look);
    expect(await lastValueFrom(wire$.pipe(take(1)))).toMatchObject({ address: { host: 'peer.example' } });
  });

  it('that leads nowhere is unknown, in words', async () => {
    const wire$ = connectTcp({ host: 'peer.example', port: 1, source: 'manual' }, 5_000, (host) =>
      throwError(() => new NameError('ENOTFOUND', host)),
    );
    await expect(lastValueFrom(wire$)).rejects.toMatchObject({
      code: 'unknown-host',
      message: 'peer.example:1: there is no host of that name: check the name',
    });
  });

  it('is not looked up any longer than it is dialled', async () => {
    let asked = 0;
    let over = 0;
    const look = () =>
      new Observable<readonly string[]>(() => {
        asked++;
        return () => over++;
      });
    const dialling = connectTcp({ host: 'peer.example', port: 1, source: 'manual' }, 5_000, look).subscribe({
      error: () => undefined,
    });
    expect(await eventually(() => asked === 1)).toBe(true);
    dialling.unsubscribe();
    expect(over).toBe(1);
    await expect(
      lastValueFrom(connectTcp({ host: 'peer.example', port: 1, source: 'manual' }, 50, look)),
    ).rejects.toMatchObject({ code: 'timeout' });
    expect(await eventually(() => over === 2)).toBe(true);
  });
});
