import { isOnThisMachine } from '../../utils/loopback.js';

export function isHttpProxy(address: string): boolean {
  return URL.canParse(address) && /^https?:$/.test(new URL(address).protocol);
}

/** The proxy for calls to an origin: `HTTPS_PROXY`, unless `NO_PROXY` names the host. Loopback never uses one. */
export function proxyFor(
  origin: string,
  proxy: string | undefined,
  exceptions: string | undefined,
): string | undefined {
  if (proxy === undefined || isOnThisMachine(origin)) return undefined;
  const { hostname, port } = new URL(origin);
  const isExcepted = (exceptions ?? '').split(/[\s,]+/).some((entry) => {
    const [, name = '', entryPort] = /^(?:\*?\.)?(.+?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    if (name === '' || (entryPort !== undefined && entryPort !== (port || '443'))) return false;
    return name === '*' || hostname === name || hostname.endsWith(`.${name}`);
  });
  return isExcepted ? undefined : proxy;
}
