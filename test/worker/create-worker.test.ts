import { NativeConnection, type Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { Limits } from '../../src/docspace/rate-limit/limits.js';
import { Portal } from '../../src/docspace/portal.js';
import { createWorker } from '../../src/worker/create-worker.js';
import { workflowBundle } from '../support/temporal.js';

let connection: NativeConnection;

beforeAll(async () => {
  connection = await NativeConnection.connect({ address: inject('temporalAddress') });
});

afterAll(() => connection.close());

/** Ends it as it began: only a worker that ran lets go of its connection. */
async function end(worker: Worker): Promise<void> {
  const running = worker.run();
  worker.shutdown();
  await running;
}

it.each<[Limits, number | undefined, number]>([
  [{}, undefined, 100],
  [{ parallelWrites: 15 }, undefined, 100],
  [{ calls: 1_500, parallelWrites: 15 }, 25, 100],
  [{ calls: 300 }, 5, 20],
  [{ calls: 6 }, 0.1, 1],
  [{ calls: 1_500, windowMs: 6_000 }, 250, 100],
])('with %j the queue gives %s steps per second, and the worker runs %i at once', async (limits, rate, steps) => {
  const worker = await createWorker({
    connection,
    namespace: 'default',
    taskQueue: `limits-${JSON.stringify(limits)}`,
    portal: new Portal('https://portal.example.com', 'sk-none', { limits }),
    workflows: { workflowBundle },
  });
  const { maxTaskQueueActivitiesPerSecond, tuner } = worker.options;
  await end(worker);
  expect(maxTaskQueueActivitiesPerSecond).toBe(rate);
  expect(tuner.activityTaskSlotSupplier).toMatchObject({ numSlots: steps });
});

it('a workflow activation may take a minute, so a suspended worker continues', async () => {
  const worker = await createWorker({
    connection,
    namespace: 'default',
    taskQueue: 'decisions',
    workflows: { workflowBundle },
  });
  await end(worker);
  expect(worker.options.isolateExecutionTimeoutMs).toBe(60_000);
});
