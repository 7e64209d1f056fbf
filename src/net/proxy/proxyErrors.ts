import { NetworkError, type NetworkCode } from '../../contracts/errors.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { type ProxyCode, ProxyRefused } from '../../protocol/proxy/proxyMachine.ts';

const CODES: Readonly<Record<ProxyCode, NetworkCode>> = {
  denied: 'unreachable',
  unsupported: 'unreachable',
  unreachable: 'unreachable',
  refused: 'refused',
  timeout: 'timeout',
};

/** What has gone wrong on the way through the proxy to `where`; defects are unchanged. */
export const proxyFault = (where: string, error: unknown): unknown => {
  if (error instanceof ProxyRefused) return new NetworkError(CODES[error.code], where, error.message, { cause: error });
  if (error instanceof Malformed)
    return new NetworkError('unreachable', where, `the proxy does not speak as it should: ${error.message}`, {
      cause: error,
    });
  if (!(error instanceof NetworkError)) return error;
  return new NetworkError('unreachable', where, `the proxy can't be used: ${error.why}`, { cause: error });
};
