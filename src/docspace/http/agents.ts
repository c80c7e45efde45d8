import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { HttpsProxyAgent } from 'hpagent';

/** Portals close an idle connection after 5 s at the earliest. This side closes it first. */
const idleTimeoutMs = 4_000;

interface Agents {
  http: HttpAgent;
  https: HttpsAgent;
}

/** @param proxy address of an HTTP proxy for HTTPS */
export function createAgents(keepAlive: boolean, proxy?: string): Agents {
  const options = { keepAlive, timeout: idleTimeoutMs };
  return {
    http: new HttpAgent(options),
    https: proxy === undefined ? new HttpsAgent(options) : new HttpsProxyAgent({ ...options, proxy }),
  };
}

export function destroyAgents({ http, https }: Agents): void {
  http.destroy();
  https.destroy();
}
