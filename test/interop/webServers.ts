import { mkdirSync, writeFileSync } from 'node:fs';
import { HOST, listening, type World } from './world.ts';

const PORT = 8081;
export const ORIGIN = `http://${HOST}:${PORT}`;

/** A web server that shares a folder at `ORIGIN`, once it listens. */
export type StartServer = (world: World, folder: string) => Promise<void>;

export const nginx: StartServer = async (world, folder) => {
  mkdirSync(world.path('nginx'), { recursive: true });
  const at = (name: string): string => world.path('nginx', name);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${at(name)};`,
  );
  writeFileSync(
    at('conf'),
    `daemon off; master_process off; pid ${at('pid')}; error_log ${at('errors')};
events {}
http { ${temporary.join(' ')} access_log ${at('access')}; server { listen ${HOST}:${PORT}; root ${folder}; } }`,
  );
  world.start('nginx', '-c', at('conf'), '-e', at('errors'));
  await listening(PORT, HOST);
};

export const apache: StartServer = async (world, folder) => {
  mkdirSync(world.path('apache'), { recursive: true });
  const at = (name: string): string => world.path('apache', name);
  const modules = ['mpm_event', 'authz_core', 'deflate', 'filter'];
  writeFileSync(
    at('conf'),
    `${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
ServerName ${HOST}
ServerRoot ${world.path('apache')}
DefaultRuntimeDir ${world.path('apache')}
PidFile ${at('pid')}
ErrorLog ${at('errors')}
Listen ${HOST}:${PORT}
DocumentRoot ${folder}
SetOutputFilter DEFLATE
<Directory ${folder}>
Require all granted
</Directory>`,
  );
  world.start('apache2', '-X', '-f', at('conf'));
  await listening(PORT, HOST);
};

/** It knows no ranges: it always sends the whole file. */
export const python: StartServer = async (world, folder) => {
  world.start('/usr/bin/python3', '-m', 'http.server', String(PORT), '--bind', HOST, '--directory', folder);
  await listening(PORT, HOST);
};
