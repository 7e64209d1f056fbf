// Loaded before the command line: name servers are one of the test, and getaddrinfo, which would hold the process, is an error.
const dns = require('node:dns');
const { isIP } = require('node:net');
const { syncBuiltinESMExports } = require('node:module');

dns.Resolver = class extends dns.Resolver {
  constructor(options) {
    super(options);
    super.setServers([process.env.NAME_SERVER]);
  }
};
const { lookup } = dns;
dns.lookup = (name, ...more) => {
  if (name && isIP(name) === 0) throw new Error(`getaddrinfo is asked for ${name}`);
  lookup(name, ...more);
};
syncBuiltinESMExports();
