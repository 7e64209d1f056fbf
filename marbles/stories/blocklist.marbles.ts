import {
  EMPTY,
  ignoreElements,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  switchMap,
  tap,
  throwError,
} from 'rxjs';
import { describe, it } from 'vitest';
import type { Network } from '../../src/net/below.ts';
import { blocked } from '../../src/net/blocklist/blocked.ts';
import type { BlockNote } from '../../src/net/blocklist/blockNote.ts';
import { Blocklist } from '../../src/protocol/blocklist/blocklist.ts';
import { parseRanges } from '../../src/protocol/blocklist/parseRanges.ts';
import { NetworkError } from '../../src/contracts/errors.ts';
import type { Wire } from '../../src/contracts/network.ts';
import { drawn } from '../index.ts';
import { failed } from './encryptionScene.ts';
import { at, bytes, listening, ONE, text, TWO, two } from '../network/twoHosts.ts';

const ranges = (lines: string) => parseRanges(bytes(lines)).ranges;
const NOBODY = new Blocklist([]);
const TWO_BLOCKED = new Blocklist([ranges(`${TWO}/32`)]);
const TWO_ALLOWED = new Blocklist([ranges('0.0.0.0/0')], [ranges(TWO)]);
const REFUSED = new NetworkError('refused-address', `${TWO}:6881`, 'is on the blocklist');

/** Says `hi` every time that a wire opens, and emits what comes. */
const greeted = (wire: Wire): Observable<string> =>
  merge(
    wire.bytes$.pipe(map(text)),
    of('hi').pipe(
      tap((word) => wire.write(bytes(word))),
      ignoreElements(),
    ),
  );
const dialled = ({ connect }: Network, host = TWO): Observable<string> => connect(at(host)).pipe(switchMap(greeted));

describe('a blocklist', () => {
  it(
    'lets nobody on it be called, whoever names the peer, unless it is an exception',
    drawn((stage) => {
      const [one, other] = two(stage);
      stage.gives(listening(other, greeted), '^ 50ms !').toBe('-');
      const said: BlockNote[] = [];
      const { connect } = blocked(one.env, TWO_BLOCKED, (note) => said.push(note));
      stage.gives(connect(at(TWO)).pipe(map(() => 'w'))).toBe('#', undefined, REFUSED);
      stage.gives(dialled(blocked(one.env, TWO_ALLOWED)), '^ 50ms !').toBe('------a', { a: 'hi' });
      stage.gives(of(0).pipe(map(() => said.map(({ direction, address }) => direction + address.host)))).toBe('(s|)', {
        s: [`>${TWO}`],
      });
    }),
  );

  it(
    'hangs up on who is on a later list, and calls again who is not any more; before the first, nothing leaves',
    drawn((stage) => {
      const [one, other] = two(stage);
      stage.gives(listening(other, greeted), '^ 90ms !').toBe('-');
      const lists$ = stage.hot('----n-------------t', { n: NOBODY, t: TWO_BLOCKED });
      const network = blocked(one.env, lists$);
      stage.gives(dialled(network)).toBe('                     ----------a-------#', { a: 'hi' }, REFUSED);
    }),
  );

  it(
    'hangs up on callers, also on those that it names later',
    drawn((stage) => {
      const [one, other] = two(stage);
      const lists$ = stage.hot('n-------------------t', { n: NOBODY, t: TWO_BLOCKED });
      const network = blocked(one.env, lists$);
      const heard$ = network
        .listen({ ports: [6881] })
        .pipe(mergeMap(({ calls$ }) => calls$.pipe(mergeMap(({ wire$ = EMPTY }) => wire$.pipe(switchMap(greeted))))));
      stage.gives(heard$, '^ 90ms !').toBe('---------a----------#', { a: 'hi' }, failed('refused-address'));
      const dials$ = (start: string) => stage.cold(start).pipe(switchMap(() => other.env.connect(at(ONE))));
      stage.gives(dials$('(a|)').pipe(switchMap(greeted)), '^ 60ms !').toBe('------a----------------|', { a: 'hi' });
    }),
  );

  it(
    'holds for datagrams, names and web servers',
    drawn((stage) => {
      const sent: string[] = [];
      const asked: boolean[] = [];
      const world: Network = {
        connect: () => NEVER,
        listen: () => NEVER,
        resolve: () => of([TWO, ONE]),
        httpGet: (request) => {
          asked.push(...[ONE, TWO].map((host) => request.permits?.(host) ?? false));
          return EMPTY;
        },
        bindUdp: () =>
          of({
            port: 1,
            datagrams$: of(ONE, TWO).pipe(map((host) => ({ bytes: bytes(host), from: { host, port: 1 } }))),
            undelivered$: NEVER,
            send: (_, { host }) => void sent.push(host),
          }),
      };
      const { resolve, httpGet, bindUdp } = blocked(world, TWO_BLOCKED);
      stage.gives(resolve('two.example')).toBe('(a|)', { a: [ONE] });
      const heard$ = bindUdp({ family: 4 }).pipe(
        tap(({ send }) => [ONE, TWO].forEach((host) => send(bytes('x'), { host, port: 1 }))),
        mergeMap(({ datagrams$ }) => datagrams$),
        map(({ from }) => from.host),
      );
      stage.gives(heard$).toBe('(o|)', { o: ONE });
      stage.gives(httpGet({ url: 'http://two.example/', maxBytes: 1, timeout: 1 })).toBe('|');
      stage.gives(of(0).pipe(map(() => [sent, asked]))).toBe('(s|)', { s: [[ONE], [true, false]] });
    }),
  );

  it(
    'judges a name by what it leads to',
    drawn((stage) => {
      const [one, other] = two(stage);
      stage.gives(listening(other, greeted), '^ 50ms !').toBe('-');
      const named: Network = { ...one.env, resolve: () => of(['192.0.2.9', TWO]) };
      const { connect } = blocked(named, new Blocklist([ranges('192.0.2.0/24')]));
      const hosts$ = connect(at('peer.example')).pipe(
        mergeMap((wire) => greeted(wire).pipe(map((word) => `${word} ${wire.address.host}`))),
      );
      stage.gives(hosts$, '^ 50ms !').toBe('------a', { a: 'hi peer.example' });
      const all = blocked(named, new Blocklist([ranges('0.0.0.0/0')])).connect(at('peer.example'));
      const unknown = new NetworkError('refused-address', 'peer.example:6881', 'is on the blocklist');
      stage.gives(all.pipe(map(() => 'w'))).toBe('#', undefined, unknown);
    }),
  );

  it(
    'fails what is open when the stream of lists fails',
    drawn((stage) => {
      const [one] = two(stage);
      const broken = new NetworkError('timeout', 'the list', 'no answer');
      const network = blocked(
        one.env,
        throwError(() => broken),
      );
      stage.gives(network.listen({ ports: [6881] }).pipe(map(() => 'l'))).toBe('#', undefined, broken);
      stage.gives(dialled(network)).toBe('#', undefined, broken);
    }),
  );
});
