import { resolve } from 'node:path';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cable, CLI, eventually, machine, type Machine } from './machines.ts';
import { World } from './world.ts';

/** We and our router; the address that it says it has outside. */
const [OURS, ROUTER, OUTSIDE] = ['10.78.1.1', '10.78.1.2', '5.5.5.5'];

const RULES = `table inet filter {
  chain miniupnpd { }
  chain forward { type filter hook forward priority 0; policy accept; jump miniupnpd; }
  chain prerouting_miniupnpd { }
  chain postrouting_miniupnpd { }
  chain prerouting { type nat hook prerouting priority -100; policy accept; jump prerouting_miniupnpd; }
  chain postrouting { type nat hook postrouting priority 100; policy accept; jump postrouting_miniupnpd; }
}
`;

let world: World;
let here: Machine;
let router: Machine;

beforeEach(async () => {
  world = new World();
  const away = await machine(world);
  [here, router] = [await machine(world), await machine(world)];
  await cable(here, router, 1);
  await cable(away, router, 2);
  await here.sh(`ip route add default via ${ROUTER}`);
  await router.sh('ip addr add 2a00:1::1/64 dev two1 nodad; ip addr add 2a00:9::1/64 dev two2 nodad');
  writeFileSync(world.path('rules'), RULES);
  writeFileSync(
    world.path('conf'),
    [
      ...['ext_ifname=two2', `ext_ip=${OUTSIDE}`, 'listening_ip=two1', 'port=5555', 'enable_natpmp=yes'],
      ...['enable_upnp=yes', 'secure_mode=yes', 'uuid=00000000-0000-0000-0000-000000000001'],
      ...['allow 1024-65535 0.0.0.0/0 1024-65535', 'deny 0-65535 0.0.0.0/0 0-65535', ''],
    ].join('\n'),
  );
  await router.sh(`nft -f ${world.path('rules')}`);
  const daemon = router.run('miniupnpd', '-d', '-P', world.path('pid'), '-f', world.path('conf'));
  expect(await eventually(() => daemon.says().includes('listening')), daemon.says().slice(-500)).toBe(true);
});
afterEach(() => world.end());

/** How many ports the router passes on. */
const passed = async (): Promise<number> => {
  const rules = router.run('nft', 'list', 'chain', 'inet', 'filter', 'prerouting_miniupnpd');
  await rules.ended;
  return rules.says().split(`dnat ip to ${OURS}:7000`).length - 1;
};

describe('port mapping, by miniupnpd', () => {
  it('is what a seed does, which tells where it is reached, and takes it back when it ends', async () => {
    const content = world.content('content', [100_000], []);
    const seed = world.lay(content, 'seed');
    const options = ['--port', '7000', '--no-dht', '--no-lsd', '--verbose=nat', '--json'];
    const command = [process.execPath, CLI, 'seed', content.torrent, seed, ...options];
    const ours = here.run('sh', '-c', `echo $$ > ${world.path('ours')}; exec ${command.join(' ')}`);
    expect(await eventually(async () => (await passed()) === 2), ours.says().slice(-500)).toBe(true);
    expect(await eventually(() => ours.says().includes(`peers can reach us at ${OUTSIDE}:7000 (PCP)`))).toBe(true);
    const told = `"by":"PCP","port":7000,"transports":["tcp","udp"],"host":"${OUTSIDE}"}`;
    expect(ours.says()).toMatch(new RegExp(`"type":"port-mapped","time":"[^"]*",${told.replaceAll(/[[\]]/g, '\\$&')}`));
    expect(ours.says()).toMatch(/ nat {5}· router {2}PCP: port 7000 is passed on \(tcp, udp\)/);
    await here.sh(`kill -TERM $(cat ${world.path('ours')})`);
    await ours.ended;
    expect([await passed(), ours.says()]).toEqual([0, expect.stringContaining('what was asked for is taken back')]);
  });

  it('lets calls by IPv6 through to our address, and takes that back, too', async () => {
    const six = '2a00:1::2';
    await here.sh(`ip addr add ${six}/64 dev one1 nodad`);
    let link = '';
    const known = async (): Promise<boolean> => {
      const shown = router.run('ip', '-6', '-o', 'addr', 'show', 'dev', 'two1', 'scope', 'link');
      await shown.ended;
      [link = ''] = /fe80:[0-9a-f:]+(?=\/64 scope link(?! tentative))/.exec(shown.says()) ?? [];
      return link !== '';
    };
    expect(await eventually(known)).toBe(true);
    await here.sh(`ip -6 route add default via ${link} dev one1`);
    const content = world.content('content', [100_000], []);
    const options = ['--port', '7000', '--no-dht', '--no-lsd', '--json'];
    const command = [process.execPath, CLI, 'seed', content.torrent, world.lay(content, 'seed'), ...options];
    const ours = here.run('sh', '-c', `echo $$ > ${world.path('ours')}; exec ${command.join(' ')}`);
    const told = `"by":"PCP","port":7000,"transports":["tcp","udp"],"host":"${six}"}`;
    expect(await eventually(() => ours.says().includes(told)), ours.says().slice(-500)).toBe(true);
    expect(await eventually(() => ours.says().includes(`"host":"${OUTSIDE}"}`)), ours.says().slice(-500)).toBe(true);
    const holes = async (): Promise<number> => {
      const rules = router.run('nft', 'list', 'chain', 'inet', 'filter', 'miniupnpd');
      await rules.ended;
      return rules.says().split('0x2a000001000000000000000000000002').length - 1;
    };
    expect(await holes()).toBe(2);
    await here.sh(`kill -TERM $(cat ${world.path('ours')})`);
    await ours.ended;
    expect([await holes(), await passed()]).toEqual([0, 0]);
  });

  it.each(['PCP', 'NAT-PMP', 'UPnP'])('works by %s alone', async (name) => {
    const script = resolve('test/interop/mapPort.ts');
    const tsx = resolve('node_modules/tsx/dist/loader.mjs');
    const command = [process.execPath, '--import', tsx, script, name, ROUTER, OURS, '7000'];
    const ours = here.run('sh', '-c', `echo $$ > ${world.path('ours')}; exec ${command.join(' ')}`);
    expect(await eventually(async () => (await passed()) === 2), ours.says().slice(-500)).toBe(true);
    expect(await eventually(() => ours.says().includes('ready')), ours.says()).toBe(true);
    expect(ours.says()).toContain(`"host":"${OUTSIDE}"`);
    await here.sh(`kill -TERM $(cat ${world.path('ours')})`);
    expect(await ours.ended, ours.says()).toBe(0);
    expect(await passed()).toBe(0);
  });
});
