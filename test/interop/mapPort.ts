import { EMPTY, lastValueFrom } from 'rxjs';
import { direct, networkOver } from '../../src/net/below.ts';
import { natPmpMapper, pcpMapper } from '../../src/net/nat/pmpMappers.ts';
import { upnpMapper } from '../../src/net/nat/upnpMapper.ts';

/** `mapPort.ts PCP|NAT-PMP|UPnP GATEWAY LOCAL PORT`: maps, prints what came of it, and takes it back on SIGTERM. */
const [name, host = '', local = '', port] = process.argv.slice(2);
const env = { ...networkOver(direct), randomBytes: (length: number) => new Uint8Array(length).fill(7) };
const mapper = [pcpMapper, natPmpMapper, upnpMapper]
  .map((make) => make({ env, gateway: { host, local } }))
  .find((each) => each.name === name);
for (const transport of ['tcp', 'udp'] as const) {
  const found = await lastValueFrom(mapper?.map(transport, Number(port)) ?? EMPTY);
  console.log(`mapped ${JSON.stringify(found)}`);
}
process.once('SIGTERM', () => {
  void (async () => {
    for (const transport of ['tcp', 'udp'] as const)
      await lastValueFrom(mapper?.unmap(transport, Number(port)) ?? EMPTY);
    console.log('taken back');
    process.exit();
  })();
});
setInterval(() => undefined, 1000);
console.log('ready');
