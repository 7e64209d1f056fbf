import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Malformed } from '../../../src/protocol/encoding/malformed.ts';
import { type ProxyMachine, ProxyRefused, type ProxyWish } from '../../../src/protocol/proxy/proxyMachine.ts';
import { proxyMachine } from '../../../src/protocol/proxy/proxyMachines.ts';
import { parseProxy, type ProxyServer, shownProxy } from '../../../src/protocol/proxy/proxyServer.ts';
import { decodeSocksDatagram, encodeSocksDatagram } from '../../../src/protocol/proxy/socksDatagram.ts';

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');
const of = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const latin = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const machine = (url: string, wish: Partial<ProxyWish> = {}): ProxyMachine =>
  proxyMachine(parseProxy(url) as ProxyServer, { what: 'connect', host: '192.0.2.7', port: 6881, ...wish });
const refusal = (url: string, ...chunks: readonly string[]): unknown => {
  const it = machine(url);
  try {
    for (const chunk of chunks) it.receive(url.startsWith('http') ? latin(chunk) : of(chunk));
  } catch (error) {
    if (error instanceof ProxyRefused) return error.code;
    return error instanceof Malformed ? 'malformed' : error;
  }
  return undefined;
};

describe('a proxy as people write it', () => {
  it('has a kind, a host, a port and perhaps a secret', () => {
    expect(parseProxy('socks5://me:p%40ss@proxy.example:9050')).toEqual({
      kind: 'socks5',
      host: 'proxy.example',
      port: 9050,
      user: 'me',
      password: 'p@ss',
    });
    expect(parseProxy('socks5h://[::1]')).toEqual({ kind: 'socks5', host: '::1', port: 1080 });
    expect(parseProxy('socks4a://me@10.0.0.1:80/')).toEqual({
      kind: 'socks4a',
      host: '10.0.0.1',
      port: 80,
      user: 'me',
    });
    expect(parseProxy('http://10.0.0.1:80')).toEqual({ kind: 'http', host: '10.0.0.1', port: 80 });
    expect(parseProxy('http://me@10.0.0.1')).toEqual({ kind: 'http', host: '10.0.0.1', port: 8080, user: 'me' });
  });

  it('is shown without the secret', () => {
    expect(shownProxy(parseProxy('socks5://me:secret@[::1]:9') as ProxyServer)).toBe('socks5://[::1]:9');
  });

  it('is nothing else', () => {
    const long = 'x'.repeat(256);
    const bad = [
      '',
      'socks5://',
      'ftp://a',
      '10.0.0.1:1080',
      'socks5://a:0',
      'socks5://a/x',
      'http://a?b',
      'http://a#b',
    ];
    const secrets = ['socks4a://me:you@a', 'socks5://me@a', 'socks5://a%00b:c@d', `http://${long}@a`, 'http://%ff@a'];
    for (const each of [...bad, ...secrets]) expect([each, parseProxy(each)]).toEqual([each, undefined]);
  });
});

describe('SOCKS5', () => {
  it('connects by address and by name', () => {
    const it = machine('socks5://p', { host: '2001:db8::1' });
    expect(hex(it.greeting)).toBe('050100');
    expect(hex(it.receive(of('0500')).send)).toBe('05010004 20010db8000000000000000000000001 1ae1'.replaceAll(' ', ''));
    expect(it.receive(of('0500 0001 0a000001'))).toEqual({});
    expect(hex(it.receive(of('0438 aabb')).rest)).toBe('aabb');
    expect(it.bound).toEqual({ host: '10.0.0.1', port: 1080 });
    const named = machine('socks5://p', { host: 'a.example' });
    expect(hex(named.receive(of('0500')).send)).toBe('0501000309612e6578616d706c651ae1');
  });

  it('says who we are if the proxy wants to know, byte by byte, and only then', () => {
    const it = machine('socks5://me:you@p');
    expect(hex(it.greeting)).toBe('05020002');
    expect(it.receive(of('05'))).toEqual({});
    expect(hex(it.receive(of('02')).send)).toBe('0102 6d65 03 796f75'.replaceAll(' ', ''));
    expect(hex(it.receive(of('0100')).send)).toBe('05010001c00002071ae1');
    const open = machine('socks5://me:you@p');
    expect(hex(open.receive(of('0500')).send)).toBe('05010001c00002071ae1');
  });

  it('asks for datagrams to be relayed', () => {
    const it = machine('socks5://p', { what: 'udp', host: '0.0.0.0', port: 0 });
    expect(hex(it.receive(of('0500')).send)).toBe('05030001000000000000');
    it.receive(of('05000003 01 61 1ae1'));
    expect(it.bound).toEqual({ host: 'a', port: 6881 });
  });

  it('tells what the proxy refuses', () => {
    const codes = ['01', '02', '03', '04', '05', '06', '07', '08', '99'];
    expect(codes.map((code) => refusal('socks5://p', '0500', `05${code}`))).toEqual([
      ...['unreachable', 'denied', 'unreachable', 'unreachable', 'refused', 'timeout', 'unsupported', 'unsupported'],
      'unreachable',
    ]);
    expect(refusal('socks5://p', '05ff')).toBe('denied');
    expect(refusal('socks5://p', '0502')).toBe('denied');
    expect(refusal('socks5://me:you@p', '0502', '0101')).toBe('denied');
    expect(['0400', '4854'].map((first) => refusal('socks5://p', first))).toEqual(['malformed', 'malformed']);
    expect(refusal('socks5://p', '0500', '0400')).toBe('malformed');
    expect(refusal('socks5://p', '0500', '05000009')).toBe('malformed');
    expect(() => machine('socks5://p', { host: 'x'.repeat(256) }).receive(of('0500'))).toThrow(Malformed);
  });
});

describe('SOCKS4a', () => {
  it('connects by address and by name', () => {
    expect(hex(machine('socks4a://me@p').greeting)).toBe('04011ae1c0000207 6d6500'.replaceAll(' ', ''));
    const it = machine('socks4a://p', { host: 'a.b' });
    expect(hex(it.greeting)).toBe('04011ae100000001 00 612e6200'.replaceAll(' ', ''));
    expect(it.receive(of('005a0000'))).toEqual({});
    expect(hex(it.receive(of('00000000 cc')).rest)).toBe('cc');
  });

  it('tells what the proxy refuses, and what it can not do', () => {
    expect(refusal('socks4a://p', '005b000000000000')).toBe('unreachable');
    expect(refusal('socks4a://p', '055a000000000000')).toBe('malformed');
    expect(() => machine('socks4a://p', { host: '2001:db8::1' })).toThrow('IPv6');
    expect(() => machine('socks4a://p', { what: 'udp' })).toThrow('UDP');
  });
});

describe('HTTP CONNECT', () => {
  it('connects, with a user and a password', () => {
    const it = machine('http://me:you@p', { host: '2001:db8::1' });
    const lines = [
      'CONNECT [2001:db8::1]:6881 HTTP/1.1',
      'Host: [2001:db8::1]:6881',
      'Proxy-Authorization: Basic bWU6eW91',
    ];
    expect(Buffer.from(it.greeting).toString()).toBe(`${lines.join('\r\n')}\r\n\r\n`);
    expect(it.receive(latin('HTTP/1.1 200 OK\r\nVia: x\r\n\r'))).toEqual({});
    expect(hex(it.receive(of('0a dd')).rest)).toBe('dd');
  });

  it('tells what the proxy refuses', () => {
    const of = (status: string) => refusal('http://p', `HTTP/1.0 ${status}\r\n\r\n`);
    const statuses = ['407 No', '403 No', '405 No', '502 No', '504 No', '301 No'];
    expect(statuses.map(of)).toEqual(['denied', 'denied', 'denied', 'unreachable', 'timeout', 'unreachable']);
    expect(refusal('http://p', 'SSH-2.0-x\r\n\r\n')).toBe('malformed');
    expect(refusal('http://p', 'x'.repeat(20_000))).toBe('malformed');
    expect(() => machine('http://p', { what: 'udp' })).toThrow('UDP');
    expect(() => machine('http://p', { host: 'a\r\nX: y' })).toThrow(Malformed);
  });
});

describe('every proxy', () => {
  it('may say anything, in any pieces', () => {
    const kinds = ['socks5://p', 'socks5://a:b@p', 'socks4a://p', 'http://p'];
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 9 }),
        (url, chunks) => {
          const it = machine(url);
          try {
            for (const chunk of chunks) if (it.receive(chunk).rest !== undefined) return;
          } catch (error) {
            if (!(error instanceof Malformed || error instanceof ProxyRefused)) throw error;
          }
        },
      ),
    );
  });
});

describe('a relayed datagram', () => {
  it('carries the host that it is for, or is from', () => {
    const bytes = of('c0ffee');
    expect(hex(encodeSocksDatagram(bytes, '192.0.2.7', 6881))).toBe('00000001c00002071ae1c0ffee');
    for (const host of ['192.0.2.7', '2001:db8::7', 'a.example'])
      expect(decodeSocksDatagram(encodeSocksDatagram(bytes, host, 1))).toEqual({ host, port: 1, bytes });
  });

  it('is nothing if it is a fragment, and malformed without an address', () => {
    expect(decodeSocksDatagram(of('000001 01c00002071ae1aa'))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
        try {
          decodeSocksDatagram(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(Malformed);
        }
      }),
    );
  });
});
