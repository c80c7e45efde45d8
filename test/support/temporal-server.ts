import { Connection } from '@temporalio/client';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { attributeKeys, attributeTypeNames } from '../../src/contract/search-attributes.js';
import { freePort } from '../../src/local/ports.js';

/** A Temporal dev server that keeps its histories in memory. */
export interface TemporalServer {
  address: string;
  teardown(): Promise<void>;
}

/**
 * Starts a server. The SDK's `TestWorkflowEnvironment` would start one, too, but it gives up after five seconds, which are
 * too few on a busy machine.
 *
 * @param dynamicConfig such as `limit.historyCount.suggestContinueAsNew=30`
 */
export async function startTemporalServer(cli: string, dynamicConfig: readonly string[]): Promise<TemporalServer> {
  const port = await freePort(0);
  const own = ['--ip', '127.0.0.1', '--port', String(port), '--headless', '--log-level', 'warn'];
  const args = [
    ...own,
    ...attributeKeys.flatMap(({ name, type }) => ['--search-attribute', `${name}=${attributeTypeNames[type]}`]),
    ...dynamicConfig.flatMap((value) => ['--dynamic-config-value', value]),
  ];
  const child = spawn(cli, ['server', 'start-dev', ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  const failed = ended.then(() => Promise.reject(new Error('the Temporal server ended')));
  failed.catch(() => undefined);
  const address = `127.0.0.1:${port}`;
  await Promise.race([untilReady(address), failed]);
  return {
    address,
    async teardown() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function untilReady(address: string): Promise<void> {
  for (;;) {
    try {
      const connection = await Connection.connect({ address });
      try {
        await connection.workflowService.describeNamespace({ namespace: 'default' });
        return;
      } finally {
        await connection.close();
      }
    } catch {
      await delay(100);
    }
  }
}
