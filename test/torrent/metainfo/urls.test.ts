import { describe, expect, it } from 'vitest';
import { trackerTiers, webSeeds } from '../../../src/torrent/metainfo/urls.ts';

const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const utf8 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

describe('the URLs of a torrent', () => {
  it.each<[written: Uint8Array, used: string]>([
    [utf8(' http://a/b '), 'http://a/b'],
    [utf8('http://a/ b'), 'http://a/%20b'],
    [utf8('http://a.example/ä?ä b'), 'http://a.example/%C3%A4?%C3%A4%20b'],
    [utf8('HTTP://A.example:8080/Ä'), 'HTTP://A.example:8080/%C3%84'],
    [utf8('http://xn--4ca.example/ä'), 'http://xn--4ca.example/%C3%A4'],
    [utf8('http://me:ä@a:8080/\u202e'), 'http://me:%C3%A4@a:8080/%E2%80%AE'],
    [utf8('http://a/%e4%zz?x=%00'), 'http://a/%e4%zz?x=%00'],
    [latin1('http://a/\xe4\x85'), 'http://a/%E4%85'],
    [utf8('http://[2001:db8::1]/ä'), 'http://[2001:db8::1]/%C3%A4'],
  ])('%s are used as %s', (written, used) => {
    expect(trackerTiers(new Map([['announce', written]]))).toEqual([[used]]);
    expect(webSeeds(written)).toEqual([used]);
  });

  it('name UDP trackers as they are written, too', () => {
    expect(trackerTiers(new Map([['announce', utf8(' udp://a.example:80/ä')]]))).toEqual([
      ['udp://a.example:80/%C3%A4'],
    ]);
  });

  it.each([
    utf8('http://ä.example/'),
    latin1('http://\xe4.example/'),
    utf8('http:\\\\ä.example/'),
    utf8('udp://ä.example:80/'),
    utf8('http://a@ä.example/'),
  ])('lead nowhere if their host only looks like another one: %s', (written) => {
    expect(trackerTiers(new Map([['announce', written]]))).toEqual([]);
    expect(webSeeds(written)).toEqual([]);
  });
});
