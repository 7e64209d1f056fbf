import { describe, expect, it } from 'vitest';
import { trackerTiers, webSeeds } from '../../src/torrent/urls.ts';

const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const utf8 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

describe('the URLs of a torrent', () => {
  it.each<[written: Uint8Array, used: string]>([
    [utf8(' http://a/b '), 'http://a/b'],
    [utf8('http://a/ b'), 'http://a/%20b'],
    [utf8('http://ä.example/ä?ä b'), 'http://xn--4ca.example/%C3%A4?%C3%A4%20b'],
    [utf8('HTTP://Ä.example:8080'), 'HTTP://xn--4ca.example:8080'],
    [utf8('http://me:ä@a:8080/\u202e'), 'http://me:%C3%A4@a:8080/%E2%80%AE'],
    [utf8('http://a/%e4%zz?x=%00'), 'http://a/%e4%zz?x=%00'],
    [latin1('http://a/\xe4\x85'), 'http://a/%E4%85'],
    [utf8('http://[2001:db8::1]/ä'), 'http://[2001:db8::1]/%C3%A4'],
  ])('%s are used as %s', (written, used) => {
    expect(trackerTiers(new Map([['announce', written]]))).toEqual([[used]]);
    expect(webSeeds(written)).toEqual([used]);
  });

  it('name UDP trackers as they are written, too', () => {
    expect(trackerTiers(new Map([['announce', utf8(' udp://ä.example:80/announce')]]))).toEqual([['udp://xn--4ca.example:80/announce']]);
  });
});
