import { spawn } from 'node:child_process';
import { connect, createServer, Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { EMPTY, firstValueFrom, map, mergeMap, type Observable, type Subscription, take } from 'rxjs';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Listening, PeerAddress, Wire } from '../../src/contracts/network.ts';
import { listenTcp } from '../../src/net/listen.ts';

const LOCAL = { ports: [0], host: '127.0.0.1' };
const open: { unsubscribe(): void }[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.unsubscribe();
  for (const each of sockets.splice(0)) each.destroy();
});

const keep = <S extends Subscription>(subscription: S): S => {
  open.push(subscription);
  return subscription;
};

const listen = (options = LOCAL as { readonly ports: readonly number[]; readonly host?: string }): Promise<Listening> =>
  new Promise((resolve, reject) => void keep(listenTcp(options).subscribe({ next: resolve, error: reject })));

const dial = (port: number, host = '127.0.0.1'): Socket => {
  const socket = connect({ port, host });
  socket.on('error', () => {});
  sockets.push(socket);
  return socket;
};

/** Has this machine IPv6? */
const hasSix = (): boolean =>
  Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => void socket.resume().once('close', () => resolve()));

interface Answered {
  readonly address: PeerAddress;
  readonly wire: Wire;
  readonly line: Subscription;
  readonly text: () => string;
}

const wireOf = ({ wire$ }: PeerAddress): Observable<Wire> => wire$ ?? EMPTY;

/** The next caller, answered. */
const answered = ({ calls$ }: Listening): Promise<Answered> =>
  new Promise((resolve, reject) => {
    let text = '';
    const listened = ({
      wire,
      address,
    }: {
      readonly wire: Wire;
      readonly address: PeerAddress;
    }): Observable<Uint8Array> => {
      queueMicrotask(() => resolve({ address, wire, line, text: () => text }));
      return wire.bytes$;
    };
    const line: Subscription = keep(
      calls$
        .pipe(
          mergeMap((address) => wireOf(address).pipe(map((wire) => ({ wire, address })))),
          mergeMap(listened),
        )
        .subscribe({ next: (chunk) => (text += Buffer.from(chunk).toString('latin1')), error: reject }),
    );
  });

const until = async (holds: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 1000 && !holds(); turn++) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(holds()).toBe(true);
};

describe('listenTcp', () => {
  it('makes a wire of each call, for both directions', async () => {
    const listening = await listen();
    const call = answered(listening);
    const socket = dial(listening.port);
    socket.write('hello');
    const { address, wire, text } = await call;
    expect(address).toMatchObject({ host: '127.0.0.1', source: 'incoming', port: socket.localPort });
    expect(wire.address).toBe(address);
    await until(() => text() === 'hello');
    expect(wire.write(new TextEncoder().encode('there'))).toBe(true);
    const heard: Buffer = await new Promise((resolve) => void socket.once('data', resolve));
    expect(heard.toString()).toBe('there');
  });

  it('completes the wire when the peer hangs up', async () => {
    const listening = await listen();
    const done = new Promise<void>((resolve, reject) => {
      keep(listening.calls$.pipe(take(1), mergeMap(wireOf)).subscribe({ complete: resolve, error: reject }));
    });
    dial(listening.port).end();
    await done;
  });

  it('hangs up when the wire is unsubscribed', async () => {
    const listening = await listen();
    const call = answered(listening);
    const socket = dial(listening.port);
    (await call).line.unsubscribe();
    await closed(socket);
  });

  it('hangs up on a call that is not answered, and errors for an answer that comes too late', async () => {
    const listening = await listen();
    const calls: PeerAddress[] = [];
    keep(listening.calls$.subscribe((call) => calls.push(call)));
    await closed(dial(listening.port));
    await expect(firstValueFrom((calls[0] as Required<PeerAddress>).wire$)).rejects.toMatchObject({
      name: 'NetworkError',
      code: 'reset',
    });
  });

  it('gives each wire once', async () => {
    const listening = await listen();
    const call = answered(listening);
    dial(listening.port);
    const { address } = await call;
    await expect(firstValueFrom((address as Required<PeerAddress>).wire$)).rejects.toMatchObject({ code: 'reset' });
  });

  it('listens no longer than it is subscribed to, and open connections stay', async () => {
    const listening = await listen();
    const call = answered(listening);
    const socket = dial(listening.port);
    const { wire } = await call;
    (open[0] as Subscription).unsubscribe();
    wire.write(new TextEncoder().encode('still'));
    const heard: Buffer = await new Promise((resolve) => void socket.once('data', resolve));
    expect(heard.toString()).toBe('still');
    const late = dial(listening.port);
    const refused = await new Promise<NodeJS.ErrnoException>((resolve) => void late.once('error', resolve));
    expect(refused.code).toBe('ECONNREFUSED');
  });

  it('takes the next port of a range when the first is taken', async () => {
    const first = await listen();
    const second = await listen({ ports: [first.port, 0], host: '127.0.0.1' });
    expect(second.port).not.toBe(first.port);
  });

  it('says so when no port is free', async () => {
    const { port } = await listen();
    const taken = listen({ ports: [port], host: '127.0.0.1' });
    await expect(taken).rejects.toMatchObject({ name: 'NetworkError', code: 'port-taken' });
    await expect(taken).rejects.toThrow(`TCP port ${port}: another program uses this port`);
    await expect(listen({ ports: [port, port], host: '127.0.0.1' })).rejects.toThrow(`TCP ports ${port}–${port}`);
  });

  it('says that permission is missing', async () => {
    const listen$ = listenTcp({ ports: [80], host: '127.0.0.1' });
    const denied = vi.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server) {
      process.nextTick(() =>
        this.emit(
          'error',
          Object.assign(new Error('listen EACCES: permission denied 127.0.0.1:80'), { code: 'EACCES' }),
        ),
      );
      return this;
    });
    onTestFinished(() => denied.mockRestore());
    await expect(firstValueFrom(listen$)).rejects.toThrow('TCP port 80: no permission to use this port');
  });

  it('says what is wrong with an address that is not of this machine', async () => {
    await expect(listen({ ports: [0], host: '192.0.2.1' })).rejects.toThrow(
      /^TCP port 0: this machine has no such address$/,
    );
  });

  it('listens with both families at the same port', async () => {
    const listening = await listen({ ports: [0] });
    const hosts: string[] = [];
    keep(listening.calls$.subscribe(({ host }) => hosts.push(host)));
    await closed(dial(listening.port, '127.0.0.1'));
    const six = dial(listening.port, '::1');
    const failed = new Promise<boolean>(
      (resolve) => void six.once('error', () => resolve(true)).once('connect', () => resolve(false)),
    );
    if (!(await failed)) await closed(six);
    // A machine without IPv6 does with one.
    expect(hosts).toEqual(hasSix() ? ['127.0.0.1', '::1'] : ['127.0.0.1']);
  });

  it('is content with one family when another program has the port of the other', async () => {
    const other = createServer();
    const bound = await new Promise<number>((resolve, reject) => {
      other.once('error', reject);
      other.listen({ port: 0, host: '::1', ipv6Only: true }, () =>
        resolve((other.address() as { readonly port: number }).port),
      );
    }).catch(() => 0);
    const { port } = await listen({ ports: [bound] });
    expect(port).toBe(bound === 0 ? port : bound);
    await closed(dial(port));
    other.close();
  });

  it('goes on when there are no descriptors left, and serves again when there are', async () => {
    const script = `
      import { listenTcp } from './src/net/listen.ts';
      import { openSync, closeSync } from 'node:fs';
      listenTcp({ ports: [0], host: '127.0.0.1' }).subscribe(({ port, calls$ }) => {
        calls$.subscribe(() => console.log('call'));
        const held = [];
        process.on('message', (what) => {
          if (what === 'fill')
            try { for (;;) held.push(openSync('/dev/null')); } catch (error) { console.log(error.code); }
          else for (const each of held.splice(0)) closeSync(each);
          process.send(what);
        });
        process.send(port);
      });`;
    const child = spawn(
      'sh',
      ['-c', 'ulimit -n 60; exec "$0" "$@"', process.execPath, '--import', 'tsx', '--input-type=module', '-e', script],
      {
        stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      },
    );
    let said = '';
    child.stdout?.on('data', (text: Buffer) => (said += text.toString()));
    const reply = (): Promise<unknown> => new Promise((resolve) => void child.once('message', resolve));
    const port = Number(await reply());
    child.send('fill');
    await reply();
    await closed(dial(port));
    child.send('free');
    await reply();
    await closed(dial(port));
    await until(() => said.endsWith('call\n'));
    expect(said).toContain('EMFILE');
    child.kill();
  });
});
