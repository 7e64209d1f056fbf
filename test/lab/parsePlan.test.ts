import { describe, expect, it } from 'vitest';
import { parsePlan, swarmNamed, type SwarmPlan } from '../../marbles/index.ts';

describe('the plan of a swarm, as JSON', () => {
  it('is what it was', () => {
    const plan: SwarmPlan = {
      seed: 3,
      torrent: { pieces: 4, blocksPerPiece: 2, lastBlock: 7 },
      hosts: [
        { has: 'all', up: 1, down: 2, delay: 0, loss: 0.1, joins: 5, disk: { takes: 3 } },
        {
          has: [0, 3],
          plays: 'stalls',
          fate: [
            { at: 1, does: 'leaves' },
            { at: 2, does: 'jumps', by: -3 },
          ],
        },
        { nat: 'restricted', jitter: 3, duplicates: 0.1, slots: 2 },
      ],
      tcp: 'bbr',
      finds: ['udp', 'dht'],
      within: 60,
      lasts: 1,
      interval: 5,
    };
    expect(parsePlan(JSON.stringify(plan))).toEqual(plan);
    expect(parsePlan(JSON.stringify(swarmNamed('crowd')))).toEqual(swarmNamed('crowd'));
  });

  it.each([
    ['{', /^the plan of a swarm: /],
    ['[]', 'expected an object'],
    ['{}', 'hosts: expected a list of hosts'],
    ['{"hosts":[]}', 'hosts: expected a list of hosts'],
    ['{"hosts":[{}],"seeds":3}', 'seeds: expected one of seed, torrent'],
    ['{"hosts":[{"up":"1M"}]}', 'hosts[0].up: expected a number from 0'],
    ['{"hosts":[{},{"has":[-1]}]}', 'hosts[1].has: expected all, or a list of pieces'],
    ['{"hosts":[{"toString":1}]}', 'hosts[0].toString: expected one of has'],
    ['{"hosts":[{"fate":[{"at":1,"does":"sleeps"}]}]}', 'hosts[0].fate: expected a list of'],
    ['{"hosts":[{"fate":[{"at":1,"does":"jumps"}]}]}', 'jumps by so many milliseconds'],
    ['{"hosts":[{"plays":"the fool"}]}', 'hosts[0].plays: expected honest'],
    ['{"hosts":[{"nat":"cone"}]}', 'hosts[0].nat: expected full-cone'],
    ['{"hosts":[{}],"tcp":"reno"}', 'tcp: expected cubic or bbr'],
    ['{"hosts":[{}],"finds":["pex"]}', 'finds: expected a list of http, udp, dht'],
    ['{"hosts":[{}],"torrent":{"pieces":0}}', 'torrent.pieces: expected a whole number from 1'],
  ])('is refused: %s', (text, why) => {
    expect(() => parsePlan(text)).toThrow(why);
  });
});
