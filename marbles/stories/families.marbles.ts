import { delay, map, NEVER, of, throwError } from 'rxjs';
import { describe, it } from 'vitest';
import { announceOverHttp } from '../../src/discovery/trackers/httpTracker.ts';
import type { HttpRequest } from '../../src/contracts/network.ts';
import { NetworkError } from '../../src/contracts/errors.ts';
import { announced, drawn } from '../index.ts';
import { query } from './udpTrackerScene.ts';

const url = 'http://both.example/announce';
const both = () => of(['2001:db8::5', '203.0.113.1']);
const reply = (peer: string) => of(announced([peer]));

describe('an HTTP tracker whose name has both families of addresses', () => {
  it(
    'is asked by both at once; a silent one has 3 s left once the other has answered, and is left out for a minute',
    drawn((stage) => {
      const asked: string[] = [];
      const httpGet = ({ family }: HttpRequest) => {
        asked.push(`${stage.now()} by IPv${family}`);
        return family === 4 ? reply('203.0.113.9:1').pipe(delay(2)) : NEVER;
      };
      const announce$ = announceOverHttp({ httpGet, resolve: both })(url, query).pipe(map(() => 'r'));
      // The first one remembers nothing for the second.
      stage.gives(announce$).toBe('--r 2999ms |');
      const announce = announceOverHttp({ httpGet, resolve: both });
      stage.gives(announce(url, query).pipe(map(() => 'r')), '10s ^').toBe('10s --r 2999ms |');
      stage.gives(announce(url, query).pipe(map(() => 'r')), '20s ^').toBe('20s --(r|)');
      stage.gives(stage.cold('21s x').pipe(map(() => asked))).toBe('21s x', {
        x: ['0 by IPv6', '0 by IPv4', '10000 by IPv6', '10000 by IPv4', '20000 by IPv4'],
      });
    }),
  );

  it(
    'is not held up by a family by which no way leads there',
    drawn((stage) => {
      const offline = throwError(() => new NetworkError('unreachable', 'there', 'no route to this host'));
      const httpGet = ({ family }: HttpRequest) => (family === 4 ? reply('203.0.113.9:1').pipe(delay(2)) : offline);
      stage.gives(announceOverHttp({ httpGet, resolve: both })(url, query).pipe(map(() => 'r'))).toBe('--(r|)');
    }),
  );

  it(
    'is asked as it comes when its name is still being looked up after twelve seconds: that can say why',
    drawn((stage) => {
      const httpGet = ({ family }: HttpRequest) =>
        reply('203.0.113.9:1').pipe(map((each) => ({ ...each, url: String(family) })));
      stage
        .gives(announceOverHttp({ httpGet, resolve: () => NEVER })(url, query).pipe(map(() => 'r')))
        .toBe('12s (r|)');
    }),
  );
});
