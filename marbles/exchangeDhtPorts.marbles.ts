import { concat, defer, EMPTY, NEVER, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type DhtContact, exchangeDhtPorts } from '../operators/exchangeDhtPorts.ts';
import type { UdpEndpoint } from '../src/contracts/network.ts';
import { PeerError } from '../src/contracts/errors.ts';
import type { Message } from '../src/protocol/peer/messages.ts';
import { drawn, type Mark, type Stage } from './index.ts';

const port = (number: number): Message => ({ type: 'port', port: number });
const ports = { '1': port(1001), '2': port(1002), '3': port(1003), '0': port(0), B: { type: 'haveNone' } } as const;
const US = { '6': port(6881), '7': port(7881) };

/** A node of ours that is asked to get to know others. */
const nodeOf = ({ now }: Stage, at = 6881) => {
  const asked: Mark[] = [];
  const node: DhtContact = {
    port: at,
    addNode: (endpoint: UdpEndpoint) =>
      defer(() => {
        asked.push({ frame: now(), kind: 'value', value: endpoint });
        return EMPTY;
      }),
  };
  return { node, asked };
};

const at = (host: string) => Object.fromEntries([1, 2, 3].map((n) => [String(n), { host, port: 1000 + n }]));

describe('exchangeDhtPorts', () => {
  it(
    'tells a peer the port of our node, and pings that of the peer',
    drawn((stage) => {
      const { node, asked } = nodeOf(stage);
      const they = stage.peer('      ---1--|', ports, { dht: true });
      const ours = '                -n----';
      const writes = '              -6----';
      const asks = '                ---1--';
      stage.gives(of(they).pipe(exchangeDhtPorts(stage.cold(ours, { n: node })))).toBe('------|');
      stage.sends(they).toBe(writes, US);
      stage.happens(asked).toBe(asks, at(they.address.host));
    }),
  );

  it(
    'sends nothing to a peer without a node; but if that names a port, it is pinged',
    drawn((stage) => {
      const { node, asked } = nodeOf(stage);
      const they = stage.peer('-1-', ports);
      stage.gives(of(they).pipe(exchangeDhtPorts(concat(of(node), NEVER)))).toBe('---');
      stage.sends(they).toBe('-');
      stage.happens(asked).toBe('-1', at(they.address.host));
    }),
  );

  it(
    'asks at two ports of one peer, however many it names',
    drawn((stage) => {
      const { node, asked } = nodeOf(stage);
      const they = stage.peer('-0-1-1-2-3-2|', ports);
      stage.gives(of(they).pipe(exchangeDhtPorts(concat(of(node), NEVER)))).toBe('------------|');
      stage.happens(asked).toBe('---1-1', at(they.address.host));
    }),
  );

  it(
    'asks when our node is there, at the last port that was named',
    drawn((stage) => {
      const { node, asked } = nodeOf(stage);
      const they = stage.peer('-12-------', ports, { dht: true });
      stage.gives(of(they).pipe(exchangeDhtPorts(stage.cold('-----n', { n: node })))).toBe('----------');
      stage.happens(asked).toBe('-----2', at(they.address.host));
      stage.sends(they).toBe('-----6', US);
    }),
  );

  it(
    'has nothing to say without a node, and errors only with what makes it',
    drawn((stage) => {
      const they = stage.peer('-1-', ports, { dht: true });
      stage.gives(of(they).pipe(exchangeDhtPorts(EMPTY))).toBe('--');
      stage
        .gives(of(stage.peer('--#')).pipe(exchangeDhtPorts(NEVER)))
        .toBe('--#', undefined, { name: 'PeerError', code: 'reset' });
      const fault = new PeerError('silent', 'ours');
      stage.gives(of(they).pipe(exchangeDhtPorts(stage.cold('---#', {}, fault)))).toBe('---#', undefined, fault);
      stage.sends(they).toBe('-');
    }),
  );

  it(
    'is over when unsubscribed, and begins anew with the next peer',
    drawn((stage) => {
      const { node, asked } = nodeOf(stage);
      const [first, second] = [stage.peer('--1-1', ports, { dht: true }), stage.peer('--2--2', ports, { dht: true })];
      const both$ = stage.cold('-a-b', { a: first, b: second });
      stage.gives(concat(both$, NEVER).pipe(exchangeDhtPorts(concat(of(node), NEVER))), '^------!').toBe('-------');
      stage.sends(first).toBe('-6', US);
      stage.sends(second).toBe('---6', US);
      stage
        .happens(asked)
        .toBe('--1--2', { ...at(first.address.host), '2': { host: second.address.host, port: 1002 } });
      expect(first.state.dht).toBe(true);
    }),
  );
});
