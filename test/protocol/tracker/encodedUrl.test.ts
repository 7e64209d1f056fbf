import { describe, expect, it } from 'vitest';
import { encodedBytes, encodedUrl, typedUrl } from '../../../src/protocol/tracker/encodedUrl.ts';

describe('a URL as a request has it', () => {
  it.each([
    [' http://a/b ', 'http://a/b'],
    ['http://a/ein Buch?ä=%E4', 'http://a/ein%20Buch?%C3%A4=%E4'],
    ['http://a/\u{1f9f2}\ud83e', 'http://a/%F0%9F%A7%B2%EF%BF%BD'],
    ['/ä b', '/%C3%A4%20b'],
    ['http://a/\u202e\u2028x', 'http://a/%E2%80%AE%E2%80%A8x'],
  ])('%j is %j', (text, url) => {
    expect([encodedUrl(text), typedUrl(text)]).toEqual([url, url]);
  });

  it.each(['', ' ', 'http://a/\r\nX: y', 'http://a/\u0085', 'http://a\u0000/', 'http://b\u00ad.example/'])(
    '%j is none',
    (text) => {
      expect([encodedUrl(text), typedUrl(text)]).toEqual([undefined, undefined]);
    },
  );

  it.each([
    ['http://bücher.example/ä', 'http://xn--bcher-kva.example/%C3%A4'],
    [' udp://ä.example:80/announce', 'udp://xn--4ca.example:80/announce'],
    ['http://me:ä@ä.example:8080/', 'http://me:%C3%A4@xn--4ca.example:8080/'],
  ])('has a host of any script if people typed it: %j is %j, and else it is none', (text, url) => {
    expect([encodedUrl(text), typedUrl(text)]).toEqual([undefined, url]);
  });

  it('has the bytes of a header as they are', () => {
    expect(encodedBytes('/a b\xe4\x85')).toBe('/a b%E4%85');
  });
});
