import { HttpConnect } from './httpConnect.ts';
import type { ProxyMachine, ProxyWish } from './proxyMachine.ts';
import type { ProxyServer } from './proxyServer.ts';
import { Socks4a } from './socks4a.ts';
import { Socks5 } from './socks5.ts';

/** What is to be said to this proxy. @throws ProxyRefused, Malformed for what it can't be asked */
export const proxyMachine = (server: ProxyServer, wish: ProxyWish): ProxyMachine => {
  switch (server.kind) {
    case 'socks5':
      return new Socks5(server, wish);
    case 'socks4a':
      return new Socks4a(server, wish);
    case 'http':
      return new HttpConnect(server, wish);
  }
};
