import { createAdaptorServer, type ServerType } from '@hono/node-server';
import type { Hono } from 'hono';
import { once } from 'node:events';
import { Exit, exitCodes } from './exit.js';

/**
 * Serves an app over HTTP.
 *
 * @param setting the name of the setting with the address
 * @throws {Exit} if the address cannot be used
 */
export async function listen(app: Hono, host: string, port: number, setting: string): Promise<ServerType> {
  const server = createAdaptorServer({ fetch: app.fetch });
  try {
    await once(server.listen(port, host), 'listening');
    return server;
  } catch (error) {
    throw new Exit(exitCodes.usage, `${setting} cannot be used: ${(error as Error).message}`, 'Choose another port.');
  }
}
