import { randomUUID } from 'node:crypto';
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, inject, it } from 'vitest';
import { freePort } from '../../src/local/ports.js';
import { TestPortal } from '../support/portal.js';

it('a worker survives the loss of its log', async () => {
  const portal = await TestPortal.start();
  const health = `127.0.0.1:${await freePort(0)}`;
  const worker = spawn(process.execPath, [fileURLToPath(new URL('../../dist/worker.js', import.meta.url))], {
    env: {
      API_HOST: portal.url,
      API_KEY: portal.keys.owner,
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      TASK_QUEUE: `log-${randomUUID()}`,
      HEALTH_ADDRESS: health,
    },
    stdio: ['ignore', 'ignore', openSync('/dev/full', 'w')],
  });
  const isReady = (): Promise<boolean> =>
    fetch(`http://${health}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  await expect.poll(isReady).toBe(true);
  const ended = new Promise((resolve) => void worker.once('exit', resolve));
  worker.kill('SIGTERM');
  expect(await ended).toBe(0);
  await portal.close();
});
