import { map, type Observable } from 'rxjs';
import type { Datagram, HttpReply } from '../contracts/network.ts';
import type { Call } from '../recording/tappedEnv.ts';
import { type Circumstances, type Fault, fault, type FaultOptions, NETWORK } from './fault.ts';

/** Bytes of which one is wrong. */
const BLOCK = 2 ** 14;

/** Changes one byte of each block that chance picks, in place. */
const spoil = (bytes: Uint8Array, rate: number, { random, told }: Circumstances): void => {
  for (let from = 0; from < bytes.length; from += BLOCK) {
    if (random() >= rate) continue;
    const at = from + Math.floor(random() * Math.min(BLOCK, bytes.length - from));
    bytes[at] = (bytes[at] as number) ^ (1 + Math.floor(random() * 255));
    told();
  }
};

/**
 * What comes is not what was sent, like from bad memory: of the fraction `rate` of all blocks of 16 KiB, 0 to 1, one
 * byte is another.
 *
 * ```
 *   bytes         -a-b-c-|
 *   lying(0.3)    -a-x-c-|
 * ```
 *
 * Most of it is in blocks, so that pieces are corrupt; what is in the head of a message makes it malformed. It concerns
 * the network: connections, datagrams, replies. With `parts: ['storage']` the disk reads what nobody has written.
 */
export const lying = (rate: number, options: FaultOptions = {}): Fault =>
  fault(options, NETWORK, (it) => {
    const spoilt = (bytes: Uint8Array): Uint8Array => {
      const copy = new Uint8Array(bytes);
      spoil(copy, rate, it);
      return copy;
    };
    const change = (call: Call, value: unknown): unknown => {
      switch (call.what) {
        case 'bytes':
        case 'body':
        case 'digest':
          return spoilt(value as Uint8Array);
        case 'datagrams': {
          const { bytes, from } = value as Datagram;
          return it.concernsHost(from.host) ? { from, bytes: spoilt(bytes) } : value;
        }
        case 'http':
          return { ...(value as HttpReply), body: spoilt((value as HttpReply).body) };
        case 'read':
        case 'readApart':
          if (call.into !== undefined) spoil(call.into.subarray(0, value as number), rate, it);
          return value;
        default:
          return value;
      }
    };
    return {
      watch: <T>(call: Call, source: Observable<T>) =>
        it.concerns(call) ? source.pipe(map((value) => change(call, value) as T)) : source,
    };
  });
