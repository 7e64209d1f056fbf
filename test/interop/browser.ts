import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { World } from './world.ts';

/** What a page has told of its film, and when: milliseconds since it was opened. */
export interface Told {
  readonly what: string;
  readonly at: number;
  /** Seconds of the film. */
  readonly time: number;
}

/** Plays from the beginning, jumps once, plays on, and tells of it. */
const page = (url: string, jump: number): string => `<!doctype html><video muted autoplay src="${url}"></video><script>
const film = document.querySelector('video');
const tell = (what) =>
  fetch('/told', { method: 'POST', body: JSON.stringify({ what, at: performance.now(), time: film.currentTime }) });
const passes = (time, what, then) => film.addEventListener('timeupdate', function hear() {
  if (film.currentTime < time) return;
  film.removeEventListener('timeupdate', hear);
  tell(what);
  then?.();
});
film.addEventListener('error', () => tell('error ' + film.error.code + ' ' + film.error.message));
film.addEventListener('loadedmetadata', () => tell('length ' + Math.round(film.duration)));
film.addEventListener('seeked', () => tell('seeked'));
passes(1, 'plays', () => {
  tell('jumps');
  film.currentTime = ${jump};
  passes(${jump + 2}, 'plays there');
});
</script>`;

const FLAGS = [
  ...['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--mute-audio'],
  ...['--autoplay-policy=no-user-gesture-required', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--no-default-browser-check', '--disable-extensions'],
];

/** What a `<video>` in headless Chromium tells of a film until it plays behind its jump, or fails, or `within` ms. */
export const watched = async (world: World, url: string, jump: number, within: number): Promise<readonly Told[]> => {
  const told: Told[] = [];
  let finish = (): void => undefined;
  const over = new Promise<void>((done) => {
    finish = done;
    setTimeout(done, within);
  });
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      response.setHeader('content-type', 'text/html').end(request.url === '/' ? page(url, jump) : '');
      if (request.url !== '/told') return;
      const one = JSON.parse(body) as Told;
      told.push(one);
      if (one.what === 'plays there' || one.what.startsWith('error')) finish();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const profile = `--user-data-dir=${world.path('chromium')}`;
  world.start('chromium', ...FLAGS, profile, `http://127.0.0.1:${port}/`);
  await over;
  await world.stop((args) => args.includes(profile));
  server.close();
  server.closeAllConnections();
  return told;
};
