import { addressText } from '../encoding/address.ts';

/** Where routers hear programs that look for them (SSDP). */
export const SSDP = { host: '239.255.255.250', port: 1900 } as const;
/** What we look for: both versions answer to the first. */
const WANTED = 'urn:schemas-upnp-org:device:InternetGatewayDevice:1';
/** Seconds within which a router is to answer. */
const WITHIN = 1;
/** Services that map ports, the best first. */
const SERVICES = [
  'urn:schemas-upnp-org:service:WANIPConnection:2',
  'urn:schemas-upnp-org:service:WANIPConnection:1',
  'urn:schemas-upnp-org:service:WANPPPConnection:1',
] as const;
/** Characters of a URL, and services of a router that are looked at. */
const MAX_URL = 1_000;
const MAX_SERVICES = 100;

/** Looks for routers in the local network. */
export const searchMessage = (): Uint8Array => {
  const lines = [
    'M-SEARCH * HTTP/1.1',
    `HOST: ${addressText(SSDP)}`,
    'MAN: "ssdp:discover"',
    `MX: ${WITHIN}`,
    `ST: ${WANTED}`,
  ];
  return new TextEncoder().encode(`${lines.join('\r\n')}\r\n\r\n`);
};

/** Where the description of a router is, by its answer; undefined if that is none. */
export const locationIn = (bytes: Uint8Array): string | undefined => {
  const text = new TextDecoder('latin1').decode(bytes);
  if (!/^HTTP\/1\.[01] 200\b/.test(text) || !/^ST:[^\n]*InternetGatewayDevice/im.test(text)) return undefined;
  const [, url] = /^LOCATION:[ \t]*([\x21-\x7e]{1,1000})[ \t]*\r?$/im.exec(text) ?? [];
  return url;
};

/** The text between the first `<tag>` and its end from `from` on; tags with a prefix count, too. */
const textIn = (xml: string, tag: string, from = 0): string | undefined => {
  const start = xml.indexOf(`<${tag}>`, from);
  const end = start < 0 ? -1 : xml.indexOf(`</${tag}>`, start);
  return end < 0 ? undefined : xml.slice(start + tag.length + 2, end).trim();
};

/** A service of a router. */
export interface IgdControl {
  readonly type: string;
  /** Where it is asked: relative to the description, or absolute. */
  readonly control: string;
}

/** The service that maps ports, by the description of a router; undefined if it has none. */
export const serviceIn = (xml: string): IgdControl | undefined => {
  const found: IgdControl[] = [];
  let at = xml.indexOf('<service>');
  for (let count = 0; at >= 0 && count < MAX_SERVICES; count++, at = xml.indexOf('<service>', at + 1)) {
    const end = xml.indexOf('</service>', at);
    const part = xml.slice(at, end < 0 ? at : end);
    const [type, control] = [textIn(part, 'serviceType'), textIn(part, 'controlURL')];
    if (type !== undefined && control !== undefined && control.length <= MAX_URL) found.push({ type, control });
  }
  return SERVICES.map((type) => found.find((each) => each.type === type)).find((each) => each !== undefined);
};

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** What a service is told to do, as the body of a request. */
export const soapBody = (type: string, action: string, values: Readonly<Record<string, string>> = {}): string => {
  const inner = Object.entries(values).map(([name, value]) => `<${name}>${escaped(value)}</${name}>`);
  return (
    '<?xml version="1.0"?>\r\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" ' +
    's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>' +
    `<u:${action} xmlns:u="${type}">${inner.join('')}</u:${action}></s:Body></s:Envelope>\r\n`
  );
};

/** One value of an answer; undefined if it has none. */
export const soapValue = (xml: string, name: string): string | undefined => {
  const text = textIn(xml, name);
  return text !== undefined && text.length <= MAX_URL ? text : undefined;
};
