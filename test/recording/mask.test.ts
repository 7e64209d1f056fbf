import { describe, expect, it } from 'vitest';
import { honest } from '../../marbles/index.ts';
import { draw } from '../../src/recording/draw.ts';
import { lanesOf } from '../../src/recording/lanes.ts';
import { Mask } from '../../src/recording/mask.ts';
import { Recording } from '../../src/recording/parse.ts';
import { replay } from '../../src/recording/replay.ts';
import { recorded } from './session.ts';

const HOSTS = ['172.16.119.201', '172.16.119.202'];
const peers = Object.fromEntries(HOSTS.map((host) => [`${host}:7000`, honest({ pace: 4 })]));
const session = { secret: 'a passkey' };

/** Is it in there, as text or as the four bytes of an address? */
const has = (bytes: Uint8Array, host: string): boolean =>
  Buffer.from(bytes).includes(host) || Buffer.from(bytes).includes(Buffer.from(host.split('.').map(Number)));

describe('a masked recording', () => {
  const masked = recorded({ peers }, { mask: true, session, own: { trackers: [['http://tracker.test/announce']] } });

  it('names nobody, and no file', () => {
    const plain = recorded({ peers }, { session });
    for (const host of HOSTS) expect([has(plain.bytes, host), has(masked.bytes, host)]).toEqual([true, false]);
    for (const name of ['tracker.test', 'a passkey', 'drawn/'])
      expect([Buffer.from(masked.bytes).includes(name), name]).toEqual([false, name]);
  });

  it('is drawn as it was', () => {
    const lines = draw(lanesOf(new Recording(masked.bytes)), { width: 200 });
    expect(lines.filter((line) => /^10\.0\.0\.[12]:7000$/.test(line))).toHaveLength(2);
    expect(lines.join('\n')).toMatch(/say .*h.*U.*P/);
  });

  it('is not replayed', () => {
    expect(() => replay(new Recording(masked.bytes), masked.run())).toThrow(
      'addresses masked, and so without replies that name them: draw it',
    );
  });
});

describe('Mask', () => {
  it('gives each host a name of its own, always the same', () => {
    const mask = new Mask();
    expect(['a', 'b', 'a'].map((host) => mask.host(host))).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.1']);
    for (let n = 0; n < 70_000; n++) mask.host(`host ${n}`);
    expect(mask.host('one more')).toBe('10.1.17.115');
    mask.check();
  });

  it('says of an error only which one it is', () => {
    expect(new Mask().error(Object.assign(new Error('at 192.0.2.1'), { name: 'X', code: 'refused' }))).toMatchObject({
      name: 'X',
      code: 'refused',
      message: 'refused',
    });
  });
});
