import type { Environment } from './serve-settings.js';

/** Returns the proxy of an URL, or undefined to dial it directly. */
export type ProxyFor = (url: URL) => URL | undefined;

/** Returns what `HTTPS_PROXY` (or `ALL_PROXY`) and `NO_PROXY` say, in either case, and a warning for a proxy that cannot be used. */
export function readOutboundProxy(env: Environment): { proxyFor?: ProxyFor; warnings: string[] } {
  const name = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'].find((one) => (env[one] ?? '').trim() !== '');
  if (name === undefined) return { warnings: [] };
  const text = (env[name] ?? '').trim();
  const written = text.includes('://') ? text : `http://${text}`;
  if (!/^https?:\/\/[^/]/i.test(written) || !URL.canParse(written)) {
    return { warnings: [`${name} is not the URL of an http or https proxy, and has no effect`] };
  }
  const proxy = new URL(written);
  const exempt = readExemptions(env['no_proxy'] || env['NO_PROXY'] || '');
  return { proxyFor: (url) => (exempt(url) ? undefined : proxy), warnings: [] };
}

/** Entries are hosts, with their subdomains, perhaps with a port; `*` is every host. */
function readExemptions(list: string): (url: URL) => boolean {
  const entries = list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [, host = '', port] = /^(.*?)(?::(\d+))?$/.exec(/^[^:]*:[^:]*:/.test(entry) ? `[${entry}]` : entry) ?? [];
      return { host: host.toLowerCase().replace(/^\*?\./, ''), port };
    });
  return (url) =>
    entries.some(({ host, port }) => {
      const isHost = host === '*' || url.hostname === host || url.hostname.endsWith(`.${host}`);
      return isHost && (port === undefined || port === (url.port || '443'));
    });
}
