import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Malformed } from '../../../src/protocol/encoding/malformed.ts';
import { decodeNatPmp, encodeExternalAsk, encodeNatPmpAsk } from '../../../src/protocol/nat/natPmp.ts';
import { decodePcp, encodePcpAsk } from '../../../src/protocol/nat/pcp.ts';
import { locationIn, searchMessage, serviceIn, soapBody, soapValue } from '../../../src/protocol/nat/upnp.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const of = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const words = (text: string): Uint8Array => new TextEncoder().encode(text);
const nonce = new Uint8Array(12).fill(7);

/** Nothing but `Malformed` may come of any bytes. */
const bears = (decode: (bytes: Uint8Array) => unknown, prefix: readonly number[]): void =>
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      try {
        decode(Uint8Array.of(...prefix, ...bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(Malformed);
      }
    }),
  );

describe('NAT-PMP', () => {
  it('asks as RFC 6886 has it', () => {
    expect(hex(encodeExternalAsk())).toBe('0000');
    expect(hex(encodeNatPmpAsk({ transport: 'tcp', port: 6881, lifetime: 3600 }))).toBe('000200001ae11ae100000e10');
    expect(hex(encodeNatPmpAsk({ transport: 'udp', port: 6881, lifetime: 0 }))).toBe('000100001ae1000000000000');
  });

  it('reads what a router says', () => {
    expect(decodeNatPmp(of('0080 0000 00000001 05050505'))).toEqual({ type: 'external', host: '5.5.5.5' });
    expect(decodeNatPmp(of('0082 0000 00000001 1ae1 1ae2 00000e10'))).toEqual({
      ...{ type: 'mapped', transport: 'tcp', port: 6881, external: 6882, lifetime: 3600 },
    });
    expect(decodeNatPmp(of('0081 0002 00000001'))).toEqual({ type: 'refused', why: 'it does not allow it' });
    expect(decodeNatPmp(of('0081 0099 00000001'))).toEqual({ type: 'refused', why: 'it says 153' });
    for (const bad of ['', '00', '0280000000000001', '0083000000000001', '0082000000000001', '00800000000000010505'])
      expect(() => decodeNatPmp(of(bad))).toThrow(Malformed);
    bears(decodeNatPmp, [0, 130, 0, 0]);
  });
});

describe('PCP', () => {
  it('asks as RFC 6887 has it', () => {
    const mapped = '00000000000000000000ffff0a4e0101';
    const head = `02010000 00000e10 ${mapped} ${'07'.repeat(12)} 06000000 1ae1 1ae1 00000000000000000000ffff00000000`;
    const ask = encodePcpAsk({ transport: 'tcp', port: 6881, lifetime: 3600 }, '10.78.1.1', nonce);
    expect(hex(ask)).toBe(head.replaceAll(' ', ''));
    expect(hex(encodePcpAsk({ transport: 'udp', port: 1, lifetime: 0 }, 'fd00::1', nonce)).slice(8, 48)).toBe(
      '00000000fd000000000000000000000000000001',
    );
  });

  it('reads what a router says', () => {
    const body = `${'07'.repeat(12)} 06000000 1ae1 1ae1 00000000000000000000ffff05050505`;
    expect(decodePcp(of(`0281 0000 00000e10 00000001 ${'00'.repeat(12)} ${body}`))).toEqual({
      ...{ type: 'mapped', nonce, port: 6881, external: 6881, host: '5.5.5.5', lifetime: 3600 },
    });
    const refused = (code: string): unknown => decodePcp(of(`028100${code} ${'00'.repeat(20)}`));
    expect(refused('02')).toEqual({ type: 'refused', why: 'it does not allow it' });
    expect(refused('63')).toEqual({ type: 'refused', why: 'it says 99' });
    expect(decodePcp(of('0080000100000001'))).toEqual({ type: 'refused', why: 'it knows NAT-PMP only' });
    for (const bad of ['', '02', '0381', `02810000${'00'.repeat(20)}`, `02010000${'00'.repeat(56)}`])
      expect(() => decodePcp(of(bad))).toThrow(Malformed);
    bears(decodePcp, [2, 129, 0, 0]);
  });
});

describe('UPnP', () => {
  it('looks for routers, and reads where their description is', () => {
    expect(Buffer.from(searchMessage()).toString()).toMatch(/^M-SEARCH \* HTTP\/1\.1\r\nHOST: 239.*\r\n\r\n$/s);
    const answer = (lines: string): string | undefined => locationIn(words(`HTTP/1.1 200 OK\r\n${lines}\r\n\r\n`));
    const st = 'ST: urn:schemas-upnp-org:device:InternetGatewayDevice:2';
    expect(answer(`${st}\r\nLocation: http://10.0.0.1:5/a.xml`)).toBe('http://10.0.0.1:5/a.xml');
    const others = ['', st, 'LOCATION: http://10.0.0.1/', `ST: printer\r\nLOCATION: http://10.0.0.1/`];
    for (const bad of [...others, `${st}\r\nLOCATION: ${'x'.repeat(1001)}`]) expect(answer(bad)).toBeUndefined();
    expect(locationIn(words(`NOTIFY * HTTP/1.1\r\n${st}\r\nLOCATION: http://10.0.0.1/\r\n\r\n`))).toBeUndefined();
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void locationIn(bytes)));
  });

  it('finds the service that maps ports, and no other', () => {
    const service = (type: string, control: string): string =>
      `<service><serviceType>${type}</serviceType><controlURL>${control}</controlURL></service>`;
    const ip = 'urn:schemas-upnp-org:service:WANIPConnection:1';
    const ppp = 'urn:schemas-upnp-org:service:WANPPPConnection:1';
    const all = `<root>${service('x', '/x')}${service(ppp, '/p')}${service(ip, '/i')}</root>`;
    expect(serviceIn(all)).toEqual({ type: ip, control: '/i' });
    expect(serviceIn(service(ppp, '/p'))).toEqual({ type: ppp, control: '/p' });
    for (const bad of ['', '<service>', service('x', '/x'), service(ip, 'x'.repeat(1001)), '<service>'.repeat(50_000)])
      expect(serviceIn(bad)).toBeUndefined();
    fc.assert(fc.property(fc.string(), (xml) => void serviceIn(`<service>${xml}</service>`)));
  });

  it('speaks SOAP', () => {
    expect(soapBody('t', 'A', { B: '<&>' })).toContain('<u:A xmlns:u="t"><B>&lt;&amp;&gt;</B></u:A>');
    expect(soapValue('<x><B> 5 </B></x>', 'B')).toBe('5');
    for (const bad of ['', '<B>', '</B><B>', `<B>${'x'.repeat(1001)}</B>`]) expect(soapValue(bad, 'B')).toBeUndefined();
  });
});
