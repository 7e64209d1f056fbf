import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// Each in a process of its own: what one has made the compiler believe would slow the next.
for (const name of ['codec', 'pipe', 'picker', 'blocklist', 'startup', 'many']) {
  const file = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  const { status } = spawnSync(process.execPath, [...process.execArgv, file], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
