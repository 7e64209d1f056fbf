import { Socket } from 'node:dgram';
import { getSystemErrorMap } from 'node:util';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { bindWords, errorWords } from '../../src/net/errorWords.ts';
import { bindUdp } from '../../src/net/udp.ts';

const failure = (code: string, message = `connect ${code} 192.0.2.7:80`): Error =>
  Object.assign(new Error(message), { code });

describe('an error of the network', () => {
  it.each([
    'ECONNREFUSED',
    'EAI_AGAIN',
    'ENOTFOUND',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ETIMEDOUT',
    'ECONNRESET',
    'EPIPE',
    'CERT_HAS_EXPIRED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'EACCES',
    'EMFILE',
    'EADDRNOTAVAIL',
  ])('is told in words, not as %s', (code) => {
    const words = errorWords(failure(code));
    expect(words).not.toContain(code);
    expect(words).toMatch(/^[a-zA-Z][^\n]{10,}$/);
  });

  it.each([
    ['ERR_TLS_SOMETHING_NEW', 'no secure connection could be made (ERR_TLS_SOMETHING_NEW)'],
    ['CERT_SOMETHING_NEW', 'no secure connection could be made (CERT_SOMETHING_NEW)'],
    ['HPE_INVALID_CONSTANT', 'it does not speak HTTP (HPE_INVALID_CONSTANT)'],
    ['Z_DATA_ERROR', 'what it sent cannot be decompressed (Z_DATA_ERROR)'],
    ['EAI_MEMORY', 'its name could not be looked up (EAI_MEMORY)'],
  ])('of a kind is told as such, with its code: %s', (code, words) => {
    expect(errorWords(failure(code))).toBe(words);
  });

  it('that is unknown keeps its code, in brackets', () => {
    expect(errorWords(failure('EXYZ', 'connect EXYZ 192.0.2.7:80'))).toMatch(/ \(EXYZ\)$/);
    expect(errorWords(failure('EXYZ', ''))).toBe('the connection failed (EXYZ)');
    expect(errorWords(failure('constructor', 'x'))).toBe('x (constructor)');
    expect(errorWords(new Error('no code'))).toBe('no code');
    expect(errorWords({})).toBe('the connection failed');
  });

  it('is one short line that a terminal can be shown', () => {
    for (const nasty of [
      failure('EXYZ', `\x1b[2J\n${'x'.repeat(10_000)}`),
      failure(`\x1b[2J${'E'.repeat(10_000)}`, ''),
    ]) {
      expect(errorWords(nasty)).not.toMatch(/[\x00-\x1f\x7f]/);
      expect(errorWords(nasty).length).toBeLessThan(500);
    }
  });

  it('is one line whatever the system calls it', () => {
    for (const [code, message] of getSystemErrorMap().values())
      expect(errorWords(failure(code, `connect ${code}: ${message}`))).toMatch(/^[^\n]+$/);
  });
});

describe('a port that can not be had', () => {
  it('is told in words', () => {
    expect(bindWords(failure('EACCES'))).toBe('no permission to use this port');
    expect(bindWords(failure('EADDRINUSE'))).toBe('another program uses this port');
    expect(bindWords(failure('EAFNOSUPPORT'))).toBe(errorWords(failure('EAFNOSUPPORT')));
  });

  it('for UDP is told likewise', async () => {
    const denied = vi.spyOn(Socket.prototype, 'bind').mockImplementation(function (this: Socket) {
      process.nextTick(() => this.emit('error', failure('EACCES', 'bind EACCES 0.0.0.0:80')));
      return this;
    });
    onTestFinished(() => denied.mockRestore());
    await expect(firstValueFrom(bindUdp({ family: 4, port: 80 }))).rejects.toThrow(
      'UDP port 80: no permission to use this port',
    );
    await expect(firstValueFrom(bindUdp({ family: 4 }))).rejects.toThrow('UDP: this system does not permit it');
  });
});
