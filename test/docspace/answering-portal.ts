import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { Portal, type PortalOptions } from '../../src/docspace/portal.js';

/** A server with the given answers, for what the sandbox does not answer, and the client of it. */

export const id = '1d379053-420a-4bba-92bc-544d76da3996';
export const profile = { id, email: 'john.doe@example.com', status: 1, isCollaborator: true };
export const key = 'sk-canary';
export const json = { 'content-type': 'application/json' };

const stops: (() => void)[] = [];

/** Ends the servers and connections of this file. */
export function stopServers(): void {
  for (const stop of stops.splice(0)) stop();
}

export function stopLater(stop: () => void): void {
  stops.push(stop);
}

export async function portalThat(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  options?: PortalOptions,
): Promise<Portal> {
  const server: Server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const portal = new Portal(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, key, options);
  stopLater(() => {
    portal.close();
    server.closeAllConnections();
    server.close();
  });
  return portal;
}

export function answering(status: number, headers: Record<string, string>, body: string): Promise<Portal> {
  return portalThat((_, response) => response.writeHead(status, headers).end(body));
}

export function enveloped(response: unknown, more: { total?: number } = {}): string {
  return JSON.stringify({ response, count: 1, ...more, status: 0, statusCode: 200 });
}

export function errorBody(status: number, message: string): string {
  return JSON.stringify({ error: { message, type: 'X', stack: 'at secret' }, status: 1, statusCode: status });
}
