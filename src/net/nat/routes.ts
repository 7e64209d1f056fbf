import { execFile } from 'node:child_process';
import { readFile } from 'node:fs';
import { win32 } from 'node:path';
import { forkJoin, map, Observable } from 'rxjs';
import { MAX_TABLE } from './routeTables.ts';

/** Milliseconds for a program to tell the routes. */
const WITHIN = 3_000;

/** What a program writes; nothing if it is not there or takes too long. */
const written = (program: string, args: readonly string[]): Observable<string> =>
  new Observable((subscriber) => {
    const options = { timeout: WITHIN, maxBuffer: MAX_TABLE, windowsHide: true };
    const child = execFile(program, [...args], options, (_, out) => {
      subscriber.next(out);
      subscriber.complete();
    });
    return () => child.kill();
  });

const inFile = (file: string): Observable<string> =>
  new Observable((subscriber) => {
    readFile(file, 'latin1', (_, text: string | undefined) => {
      subscriber.next(text ?? '');
      subscriber.complete();
    });
  });

/** The routes of this machine, as its system says them. Emits once; never errors. */
export const routesOf = (platform: string = process.platform): Observable<string> => {
  if (platform === 'linux')
    return forkJoin([inFile('/proc/net/route'), inFile('/proc/net/ipv6_route')]).pipe(map((texts) => texts.join('\n')));
  // By its whole path, as Windows also looks for programs in the folder where we are.
  if (platform === 'win32')
    return written(win32.join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32', 'route.exe'), ['print']);
  return written('netstat', ['-rn']);
};
