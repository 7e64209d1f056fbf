import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom, merge, NEVER, type Observable, of, throwError } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HostsFile, MAX_OF_NAME } from '../../../src/net/names/hostsFile.ts';
import { lookUp } from '../../../src/net/names/lookUp.ts';
import { NameError } from '../../../src/net/names/nameError.ts';
import { lookUpWith, MAX_WAITING } from '../../../src/net/names/names.ts';
import { OTHER_FAMILY_WITHIN } from '../../../src/net/names/nameServers.ts';
import { isForSystem, mayKnowMore, type SystemFiles } from '../../../src/net/names/systemFiles.ts';
import { within } from '../../machine.ts';
import { nameServer, type Said } from '../nameServer.ts';

const LINUX: SystemFiles = { platform: 'linux', hostname: 'here', read: () => '' };

const hostsFile = (text: string | Uint8Array): string => {
  const folder = mkdtempSync(join(tmpdir(), 'rxtorrent-hosts-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'hosts');
  writeFileSync(path, text);
  return path;
};

/** A system that keeps a list of what it was asked, and knows nobody. */
const system = (
  answer: (name: string) => Observable<readonly string[]> = () => throwError(() => new NameError('ENOTFOUND', 'it')),
) => {
  const asked: string[] = [];
  return { asked, addresses: (name: string) => (asked.push(name), answer(name)) };
};

const names = (
  server: string,
  more: { files?: SystemFiles; hosts?: HostsFile; system?: ReturnType<typeof system> } = {},
) => lookUpWith({ servers: [server], hosts: new HostsFile('/nowhere'), files: LINUX, system: system(), ...more });

const failure = async (found$: Observable<unknown>): Promise<string> => {
  const error: unknown = await lastValueFrom(found$).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NameError);
  return (error as NameError).code;
};

describe('a name', () => {
  it('leads to the addresses of both families', async () => {
    const { at, heard } = await nameServer(({ type }) => (type === 'A' ? ['192.0.2.1', '192.0.2.2'] : ['2001:db8::1']));
    const found = await lastValueFrom(names(at)('tracker.example.org'));
    expect([...found].sort()).toEqual(['192.0.2.1', '192.0.2.2', '2001:db8::1']);
    expect(found.indexOf('192.0.2.1')).toBe(found.indexOf('192.0.2.2') - 1);
    expect(heard.map(({ name, type }) => `${name} ${type}`).sort()).toEqual([
      'tracker.example.org A',
      'tracker.example.org AAAA',
    ]);
  });

  it('of one family stays in the order of the name server', async () => {
    const row = ['192.0.2.9', '10.1.2.3', '127.0.0.5', '192.0.2.1'];
    const { at } = await nameServer(({ type }) => (type === 'A' ? row : 'none'));
    expect(await lastValueFrom(names(at)('tracker.example.org'))).toEqual(row);
  });

  it.each<[what: string, said: Said, code: string]>([
    ['does not exist', 'nxdomain', 'ENOTFOUND'],
    ['has no address', 'none', 'ENOTFOUND'],
    ['can not be told', 'servfail', 'EAI_AGAIN'],
    ['is refused', 'refused', 'EAI_AGAIN'],
  ])('that %s is an error', async (_, said, code) => {
    const { at } = await nameServer(() => said);
    expect(await failure(names(at)('tracker.example.org'))).toBe(code);
  });

  it('has no more than 16 addresses', async () => {
    const { at } = await nameServer(({ type }) =>
      type === 'A' ? Array.from({ length: 30 }, (_, n) => `192.0.2.${n}`) : 'nxdomain',
    );
    expect(await lastValueFrom(names(at)('tracker.example.org'))).toHaveLength(MAX_OF_NAME);
  });

  it('is asked for over TCP when the answer was cut', async () => {
    const { at } = await nameServer(({ type }) => (type === 'A' ? 'truncated' : 'none'));
    expect(await lastValueFrom(names(at)('tracker.example.org'))).toEqual(['192.0.2.77']);
  });

  it('is known as soon as one family is, if the name server never tells of the other', async () => {
    const { at } = await nameServer(({ type }) => (type === 'A' ? ['127.0.0.9'] : 'silence'));
    const began = performance.now();
    expect(await lastValueFrom(names(at)('tracker.example.org'))).toEqual(['127.0.0.9']);
    expect(performance.now() - began).toBeGreaterThanOrEqual(OTHER_FAMILY_WITHIN - 5);
    expect(performance.now() - began).toBeLessThan(within(500));
  });

  it('is waited for when the answer is late', async () => {
    const { at } = await nameServer(({ type }) => (type === 'A' ? ['192.0.2.1'] : 'none'), { after: 600 });
    expect(await lastValueFrom(names(at)('tracker.example.org'))).toEqual(['192.0.2.1']);
  });

  it('is not known from bytes that are no answer', async () => {
    const { at } = await nameServer(() => 'garbage');
    await failure(names(at)('tracker.example.org'));
  }, 20_000);

  it('is given up after 10 s, whatever the name server does', async () => {
    const { at } = await nameServer(() => 'silence');
    const began = performance.now();
    expect(await failure(names(at)('tracker.example.org'))).toBe('EAI_AGAIN');
    expect(performance.now() - began).toBeLessThan(within(3_500));
  }, 20_000);

  it('is looked up once for all callers that want it meanwhile', async () => {
    const { at, heard } = await nameServer(({ type }) => (type === 'A' ? ['192.0.2.1'] : 'none'), { after: 100 });
    const look = names(at);
    const found = await Promise.all([1, 2, 3].map(() => lastValueFrom(look('tracker.example.org'))));
    expect(found).toEqual([['192.0.2.1'], ['192.0.2.1'], ['192.0.2.1']]);
    expect(heard).toHaveLength(2);
    await lastValueFrom(look('tracker.example.org'));
    expect(heard).toHaveLength(4);
  });

  it('waits for its turn when many are asked for, and no more than a thousand wait', async () => {
    const asked = system(() => NEVER);
    const look = names('127.0.0.1:1', { system: asked });
    const all = merge(...Array.from({ length: 32 + MAX_WAITING }, (_, n) => look(`n${n}`))).subscribe();
    expect(asked.asked).toHaveLength(32);
    expect(await failure(look('another'))).toBe('EAI_AGAIN');
    all.unsubscribe();
    const again = look('another').subscribe();
    expect(asked.asked.at(-1)).toBe('another');
    again.unsubscribe();
  });

  it.each([
    '',
    'a b',
    'localhost\0.example.org',
    'x'.repeat(64) + '.example',
    `${'a'.repeat(50)}.`.repeat(6),
    '*.example',
    'a..b',
    '\x1b[2J',
    '-\n',
  ])('that is none is asked for nowhere: %j', async (host) => {
    const { at, heard } = await nameServer(() => ['192.0.2.1']);
    const asked = system();
    expect(await failure(names(at, { system: asked })(host))).toBe('ENOTFOUND');
    expect([heard, asked.asked]).toEqual([[], []]);
  });

  it.each([
    ['192.0.2.7', ['192.0.2.7']],
    ['2001:db8::7', ['2001:db8::7']],
    ['fe80::1%eth0', ['fe80::1%eth0']],
    ['127.1', ['127.0.0.1']],
    ['2130706433', ['127.0.0.1']],
  ])('that is an address leads to it: %s', async (host, addresses) => {
    expect(await lastValueFrom(names('127.0.0.1:1')(host))).toEqual(addresses);
    if (host.includes('.')) expect(await lastValueFrom(lookUp(host))).toEqual(addresses);
  });

  it('of another script is asked for as ASCII, and one with a dot at the end like one without', async () => {
    const { at, heard } = await nameServer(() => 'nxdomain');
    expect(await failure(names(at)('Bücher.example'))).toBe('ENOTFOUND');
    expect(await failure(names(at)('tracker.example.org.'))).toBe('ENOTFOUND');
    expect(new Set(heard.map(({ name }) => name))).toEqual(new Set(['xn--bcher-kva.example', 'tracker.example.org']));
  });

  it.each(['localhost', 'LOCALHOST', 'localhost.', 'a.localhost'])(
    'of this machine is known at once: %s',
    async (host) => {
      const asked = system();
      const found = await lastValueFrom(names('127.0.0.1:1', { system: asked })(host));
      expect([...found].sort()).toEqual(['127.0.0.1', '::1']);
      expect(asked.asked).toEqual([]);
    },
  );
});

describe('the hosts file', () => {
  const TEXT =
    '\ufeff# all\r\n10.0.0.1 Router router.example # the router\r\n\tfe80::1\trouter.example\n' +
    'nonsense router.example\n10.0.0.3 router.example.org\n10.0.0.4';

  it('comes before name servers', async () => {
    const { at, heard } = await nameServer(() => ['192.0.2.1']);
    const look = names(at, { hosts: new HostsFile(hostsFile(TEXT)) });
    expect([...(await lastValueFrom(look('router.example')))].sort()).toEqual(['10.0.0.1', 'fe80::1']);
    expect(await lastValueFrom(look('ROUTER'))).toEqual(['10.0.0.1']);
    expect(await lastValueFrom(look('router.example.org.'))).toEqual(['10.0.0.3']);
    expect(heard).toEqual([]);
    for (const other of ['outer', 'router.exampl', 'the', '10.0.0'])
      expect(new HostsFile(hostsFile(TEXT)).addresses(other)).toEqual([]);
  });

  it('is read again when it has changed, and a missing one has no names', () => {
    const path = hostsFile('10.0.0.1 a.example');
    const file = new HostsFile(path);
    expect(file.addresses('a.example')).toEqual(['10.0.0.1']);
    writeFileSync(path, '10.0.0.2 a.example');
    utimesSync(path, new Date(0), new Date(0));
    expect(file.addresses('a.example')).toEqual(['10.0.0.2']);
    rmSync(path);
    expect(file.addresses('a.example')).toEqual([]);
  });

  it('may be long, or a line of one name over and over', () => {
    const many = Array.from({ length: 200_000 }, (_, n) => `0.0.0.0 ads-${n}.example`).join('\n');
    const row = `10.0.0.5 ${'again.example '.repeat(50_000)}`;
    const file = new HostsFile(hostsFile(`${many}\n${row}\n10.0.0.6 last.example`));
    const began = performance.now();
    expect(file.addresses('again.example')).toEqual(['10.0.0.5']);
    expect(file.addresses('last.example')).toEqual(['10.0.0.6']);
    expect(performance.now() - began).toBeLessThan(within(500));
  });
});

describe('the system', () => {
  it.each(['nas', 'nas.local', 'here', 'printer.local.'])(
    'is asked for names of this house, and no name server is: %s',
    async (host) => {
      const { at, heard } = await nameServer(() => ['192.0.2.1']);
      const asked = system(() => of(['10.9.9.9', '2001:db8::9']));
      expect(await lastValueFrom(names(at, { system: asked })(host))).toEqual(['10.9.9.9', '2001:db8::9']);
      expect([asked.asked, heard]).toEqual([[host], []]);
    },
  );

  it('is asked after the name servers only if it may know more', async () => {
    const { at } = await nameServer(() => 'nxdomain');
    const asked = system(() => of(['10.9.9.9']));
    expect(await failure(names(at, { system: asked })('tracker.office'))).toBe('ENOTFOUND');
    expect(asked.asked).toEqual([]);
    const files = {
      ...LINUX,
      read: (path: string) => (path === '/etc/resolv.conf' ? 'nameserver 192.0.2.53\nsearch example.org\n' : ''),
    };
    expect(await lastValueFrom(names(at, { system: asked, files })('tracker.office'))).toEqual(['10.9.9.9']);
  });

  it('is asked when nothing listens where the name server should be', async () => {
    const asked = system(() => of(['10.9.9.9']));
    expect(await lastValueFrom(names('127.0.0.1:1', { system: asked })('tracker.example.org'))).toEqual(['10.9.9.9']);
  });

  it.each<[text: string, more: boolean]>([
    ['hosts: files dns', false],
    ['passwd: files ldap\nhosts:  files mdns4_minimal [NOTFOUND=return] dns myhostname # more', false],
    ['', false],
    ['hosts: files resolve [!UNAVAIL=return] dns', true],
    ['hosts: files wins dns', true],
  ])('knows more if nsswitch.conf says %j', (text, more) => {
    expect(mayKnowMore({ read: (path) => (path === '/etc/nsswitch.conf' ? text : '') })).toBe(more);
  });

  it.each<[text: string, more: boolean]>([
    ['nameserver 127.0.0.53\noptions edns0', false],
    ['search .\nnameserver 127.0.0.53', false],
    ['# search example.org', false],
    [' domain example.org', true],
  ])('knows more if resolv.conf says %j', (text, more) => {
    expect(mayKnowMore({ read: (path) => (path === '/etc/resolv.conf' ? text : '') })).toBe(more);
  });

  it('has its own ways on some platforms', () => {
    expect(
      (['linux', 'freebsd', 'darwin', 'win32', 'android'] as const).map((platform) =>
        isForSystem('a.example', { platform, hostname: 'b' }),
      ),
    ).toEqual([false, false, true, true, true]);
  });
});
