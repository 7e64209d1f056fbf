import { EMPTY, map, NEVER, type Observable, of, throwError } from 'rxjs';
import { describe, it } from 'vitest';
import { NetworkError } from '../../src/contracts/errors.ts';
import type { PeerAddress, Wire } from '../../src/contracts/network.ts';
import { racedRoads } from '../../src/net/utp/roads.ts';
import { drawn, type Stage } from '../index.ts';
import { at, TWO } from '../network/twoHosts.ts';
import { failed } from './encryptionScene.ts';

const refused = new NetworkError('refused', TWO, 'connection refused');

const ends: Readonly<Record<string, Observable<never>>> = { x: EMPTY, y: throwError(() => refused) };

/** Dials as drawn: `t` is a wire by TCP, `u` one by uTP, `x` and `y` are hung up on, and `#` is a refusal. */
const roads = (stage: Stage, tcp: string, utp: string) => {
  const [byTcp, byUtp] = [stage.cold(tcp, undefined, refused), stage.cold(utp, undefined, refused)];
  const wires = (lane$: Observable<string>) => (): Observable<Wire> =>
    lane$.pipe(map((way) => ({ way, bytes$: ends[way] ?? NEVER }) as unknown as Wire));
  const connect = racedRoads({ tcp: wires(byTcp), utp: wires(byUtp), resolve: (host) => of([host]) });
  return {
    dial: (address: PeerAddress = at(TWO)) =>
      connect(address).pipe(map((wire) => (wire as unknown as { readonly way: string }).way)),
    byTcp,
    byUtp,
  };
};

describe('TCP and uTP race', () => {
  it(
    'by TCP alone, if that answers within 250 ms',
    drawn((stage) => {
      const { dial, byTcp, byUtp } = roads(stage, '--t---|', 'u');
      stage.gives(dial()).toBe('                   --t---|');
      stage.expectSubscriptions(byTcp.subscriptions).toBe('^-----!');
      stage.expectSubscriptions(byUtp.subscriptions).toBe([]);
    }),
  );

  it(
    'uTP begins beside TCP after 250 ms, and the slower one is hung up on when the other one is connected',
    drawn((stage) => {
      const { dial, byTcp, byUtp } = roads(stage, '        1s t', '---u---|');
      stage.gives(dial()).toBe('                            250ms ---u---|');
      stage.expectSubscriptions(byTcp.subscriptions).toBe('       ^ 252ms !');
      stage.expectSubscriptions(byUtp.subscriptions).toBe('       250ms ^------!');
    }),
  );

  it(
    'uTP begins at once where TCP is refused, and if it fails, too, that is said of TCP',
    drawn((stage) => {
      const { dial, byUtp } = roads(stage, '-#', '   ---#');
      stage.gives(dial()).toBe('                   ----#', undefined, failed('refused'));
      stage.expectSubscriptions(byUtp.subscriptions).toBe('  -^--!');
    }),
  );

  it(
    'the way that led to a peer is tried first the next time, and so is uTP if others say that it speaks that',
    drawn((stage) => {
      const { dial } = roads(stage, '-#', '---u');
      stage.gives(dial(), '^ 10ms !').toBe('   ----u');
      stage.gives(dial(), '20ms ^ 10ms !').toBe('   20ms ---u');
      const said = roads(stage, '-t', '---u');
      stage.gives(said.dial({ ...at(TWO), utp: true }), '^ 10ms !').toBe('---u');
    }),
  );

  it(
    'the other way is tried first where a peer has taken the call, and hung up without a byte',
    drawn((stage) => {
      for (const silent of 'xy') {
        const { dial } = roads(stage, `-${silent}`, '---u');
        stage.gives(dial(), '^ 10ms !').toBe(`     -${silent}`);
        stage.gives(dial(), '20ms ^ 10ms !').toBe('20ms ---u');
      }
    }),
  );

  it(
    'a peer on this machine is called by TCP only',
    drawn((stage) => {
      const { dial } = roads(stage, '-#', 'u');
      stage.gives(dial({ ...at('127.0.0.1'), utp: true })).toBe('-#', undefined, failed('refused'));
    }),
  );
});
