import { map, retry, switchMap, tap, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { encrypted } from '../../src/net/mse/encrypted.ts';
import type { Encryption } from '../../src/net/mse/encryption.ts';
import { drawn, type NetworkedHost } from '../index.ts';
import { at, listening, ONE, TWO, two } from '../network/twoHosts.ts';
import { answering, calling, failed, INFO_HASH, plainProgram, randomBytes, sayingA } from './encryptionScene.ts';

/** The ways from a host, encrypted or not. */
const from = (host: NetworkedHost, encryption: Encryption, said: string[] = []) =>
  encrypted(host.env, {
    encryption,
    randomBytes,
    note: ({ direction, what }) => said.push(`${direction} ${what}`),
    look: () => ({ eth0: [{ address: '10.9.0.1' }, { address: 'fd00::2' }] }),
  });

describe('a peer that does not encrypt', () => {
  it(
    'is dialled again, plainly, when it hangs up; the next time it is dialled plainly at once',
    drawn((stage) => {
      const [one, other] = two(stage);
      const { connect } = from(one, 'prefer');
      stage.gives(plainProgram(other, 'hangs up'), '^ 90ms !').toBe('-');
      stage.gives(calling(connect), '^ 40ms !').toBe('              ------------------------b');
      stage.gives(timer(50).pipe(switchMap(() => calling(connect))), '^ 90ms !').toBe('50ms ------------b');
    }),
  );

  it(
    'is dialled again when it has not answered for five seconds, or at once when it answers plainly',
    drawn((stage) => {
      const network = stage.network();
      const [one, silent, third] = [network.host(ONE), network.host(TWO), network.host('10.0.0.3')];
      stage.gives(plainProgram(silent, 'is silent'), '^ 6s !').toBe('-');
      stage.gives(calling(from(one, 'prefer').connect), '^ 6s !').toBe('5060ms b');
      stage.gives(plainProgram(third, 'answers'), '^ 6s !').toBe('-');
      const dialled$ = from(one, 'prefer').connect(at('10.0.0.3'), INFO_HASH);
      stage.gives(dialled$.pipe(switchMap(sayingA)), '^ 6s !').toBe('80ms b');
    }),
  );

  it.each([
    ['is dialled plainly at once', '127.0.0.1', '127.0.0.2'],
    ['at an address of one of our interfaces, too,', '10.9.0.1', 'fd00::2'],
  ])('on this machine %s, and encrypted the next time if that was refused', (_, first, second) =>
    drawn((stage) => {
      const network = stage.network();
      const [one, plain] = [network.host(ONE, { delay: 1 }), network.host(first, { delay: 2 })];
      const other = network.host(second, { delay: 2 });
      const { connect } = from(one, 'prefer');
      const dialled = (host: string) => connect(at(host), INFO_HASH).pipe(switchMap(sayingA));
      stage.gives(plainProgram(plain, 'hangs up'), '^ 90ms !').toBe('-');
      stage.gives(dialled(first), '^ 40ms !').toBe('       ------------b');
      const answers$ = answering(from(other, 'require').listen).pipe(retry());
      stage.gives(answers$, '^ 90ms !').toBe('65ms a', { a: 'a+' });
      stage.gives(dialled(second), '^ 40ms !').toBe('       ------------#', undefined, failed('encrypts-only'));
      stage.gives(timer(50).pipe(switchMap(() => dialled(second))), '^ 90ms !').toBe('68ms b');
    })(),
  );

  it(
    'is left where encryption is required: it gets a key and nothing else',
    drawn((stage) => {
      const [one, other] = two(stage);
      const got: number[] = [];
      const listens$ = listening(other, (wire) => wire.bytes$.pipe(tap(({ length }) => got.push(length))));
      stage.gives(listens$, '^ 6s !').toBe('-');
      stage.gives(calling(from(one, 'require').connect)).toBe('5006ms #', undefined, failed('timeout'));
      stage.gives(timer(5500).pipe(map(() => got.length))).toBe('5500ms (n|)', { n: 1 });
    }),
  );

  it(
    'may call us',
    drawn((stage) => {
      const [one, other] = two(stage);
      stage.gives(answering(from(other, 'prefer').listen), '^ 50ms !').toBe('---------a');
      stage.gives(calling(one.env.connect), '^ 40ms !').toBe('               ------------b');
    }),
  );

  it(
    'may not call us where encryption is required',
    drawn((stage) => {
      const [one, other] = two(stage);
      stage.gives(answering(from(other, 'require').listen)).toBe('---------#', undefined, failed('reset'));
      stage.gives(calling(one.env.connect), '^ 40ms !').toBe('    ------------|');
    }),
  );

  it(
    'is spoken to plainly where encryption is only allowed; one that hangs up on that is dialled encrypted next time',
    drawn((stage) => {
      const [one, strict] = two(stage);
      const { connect } = from(one, 'allow');
      stage.gives(answering(from(strict, 'require').listen).pipe(retry(1)), '^ 90ms !').toBe('65ms a', { a: 'a+' });
      stage.gives(calling(connect), '^ 40ms !').toBe('------------#', undefined, failed('encrypts-only'));
      stage.gives(timer(50).pipe(switchMap(() => calling(connect))), '^ 90ms !').toBe('68ms b', { b: 'b+' });
    }),
  );
});
