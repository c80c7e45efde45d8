import { bundleWorkflowCode } from '@temporalio/worker';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, inject, it } from 'vitest';
import type { OnboardingHandle } from '../../src/client/outcomes.js';
import { freePort } from '../../src/local/ports.js';
import { metricsAt, portalCallCounter } from '../../src/worker/metrics.js';
import { attributeKeys } from '../../src/contract/search-attributes.js';
import { changeRole, type OnboardingInput } from '../../src/contract/onboarding.js';
import { TestPortal } from '../support/portal.js';
import { installRuntime, TestTemporal, until } from '../support/temporal.js';
import { linesUsed } from './metrics.js';

/**
 * Records what a worker says of itself before and after each thing that an alert is for: real ones, on a real server. Only the
 * metrics that alerts and dashboard name are kept.
 */

let metrics: string;
/** Of a Temporal server of a test's own. */
let serverMetrics: string | undefined;
let portal: TestPortal;
let people = 0;

beforeAll(async () => {
  metrics = `127.0.0.1:${await freePort(0)}`;
  installRuntime({ metrics: metricsAt(metrics) });
  portal = await TestPortal.start();
});

afterAll(() => portal.close());

const person = (given: Partial<OnboardingInput> = {}): OnboardingInput => {
  const email = `recorded${++people}@example.com`;
  return { email, firstName: 'Jane', lastName: 'Roe', role: 'User', portal: portal.url, ...given };
};

/** What answers nothing, as where the last worker has ended, says nothing. */
const metricsOf = (address: string): Promise<string> =>
  fetch(`http://${address}/metrics`).then(
    (answer) => answer.text(),
    () => '',
  );

/** Metrics are handed on a moment after they were counted. */
async function scrape(taskQueue: string): Promise<string[]> {
  await delay(1_500);
  const ofServer = serverMetrics ? await metricsOf(serverMetrics) : '';
  const lines = linesUsed(`${await metricsOf(metrics)}\n${ofServer}`);
  // All workers of this process are scraped together. In workflows the SDK writes the label in another way.
  const queueOf = (line: string): string | undefined => /\btask_?queue="([^"]+)"/i.exec(line)?.[1];
  return lines.filter((line) => [undefined, taskQueue].includes(queueOf(line)));
}

/** @param scenario calls `begin` when everything is well, and then lets something happen on its task queue */
function recorded(
  name: string,
  scenario: (begin: () => Promise<void>) => Promise<(() => Promise<unknown>) | void>,
): void {
  it(`records ${name}`, async () => {
    let before: string[] = [];
    const end = await scenario(async () => void (before = await scrape(name)));
    const lines = ['# before', ...before, '# after', ...(await scrape(name)), ''];
    await end?.();
    writeFileSync(fileURLToPath(new URL(`scrapes/${name}.prom`, import.meta.url)), lines.join('\n'));
  });
}

function worker(
  taskQueue: string,
  options: Parameters<typeof TestTemporal.start>[3] = {},
  holder: 'owner' | 'user' = 'owner',
): Promise<TestTemporal> {
  return TestTemporal.start(portal.as(holder, { onResponse: portalCallCounter() }), undefined, taskQueue, options);
}

const other = async (file: string): Promise<{ code: string }> =>
  bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL(file, import.meta.url)), logger: silent });
const silent = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

recorded('healthy', async (begin) => {
  const temporal = await worker('healthy');
  for (const role of ['User', 'RoomAdmin'] as const) await temporal.settled(person({ role }));
  await begin();
  for (const role of ['User', 'RoomAdmin'] as const) await temporal.settled(person({ role }));
  return () => temporal.stop();
});

recorded('nobody-polls', async (begin) => {
  const temporal = await worker('nobody-polls');
  await temporal.settled(person());
  await begin();
  await temporal.stop();
});

recorded('contradiction', async (begin) => {
  const temporal = await worker('contradiction');
  const { handle } = await temporal.settled(person());
  await begin();
  await temporal.stopWorker();
  const workflowBundle = await other('../workflows/changed/carelessly.ts');
  const changed = await worker('contradiction', { workflows: { workflowBundle } });
  await handle.signal(changeRole, 'RoomAdmin');
  await untilItFailsAgain(handle);
  return async () => {
    await handle.terminate();
    await Promise.all([changed.stop(), temporal.stop()]);
  };
});

/** Resolves once the server asks for a decision again, since the ones before failed. */
async function untilItFailsAgain(handle: OnboardingHandle): Promise<void> {
  while (((await handle.describe()).raw.pendingWorkflowTask?.attempt ?? 0) <= 2) await delay(200);
}

recorded('payload-too-large', async (begin) => {
  const temporal = await worker('payload-too-large', {
    workflows: { workflowBundle: await other('too-large/payload.ts') },
  });
  await begin();
  const handle = await temporal.start(person());
  await untilItFailsAgain(handle);
  return async () => {
    await handle.terminate();
    await temporal.stop();
  };
});

recorded('message-too-large', async (begin) => {
  const temporal = await worker('message-too-large', {
    workflows: { workflowBundle: await other('too-large/message.ts') },
  });
  await begin();
  await (await temporal.start(person())).result().catch(() => undefined);
  return () => temporal.stop();
});

recorded('tasks-wait', async (begin) => {
  const first = await worker('tasks-wait');
  await first.settled(person());
  await begin();
  await first.stopWorker();
  const handles = await Promise.all([person(), person()].map((each) => first.start(each)));
  await delay(8_000);
  const second = await worker('tasks-wait');
  await Promise.all(handles.map((handle) => until(handle, ({ state }) => state === 'onboarded')));
  return () => Promise.all([first.stop(), second.stop()]);
});

recorded('server-refuses', async (begin) => {
  // So many polls of a namespace at the same time; a worker makes more.
  const limit = ['--dynamic-config-value', 'frontend.namespaceCount=2'];
  const port = await freePort(0);
  const path = inject('temporalCli');
  const server = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path },
      ip: '127.0.0.1',
      searchAttributes: [...attributeKeys],
      extraArgs: [...limit, '--metrics-port', String(port)],
    },
  });
  const temporal = await worker('server-refuses', { address: server.address });
  await begin();
  serverMetrics = `127.0.0.1:${port}`;
  await delay(3_000); // it polls
  return async () => {
    serverMetrics = undefined;
    await temporal.stop();
    await server.teardown();
  };
});

recorded('needs-attention', async (begin) => {
  const temporal = await worker('needs-attention', {}, 'user');
  await begin();
  await temporal.settled(person({ role: 'RoomAdmin' }));
  return () => temporal.stop();
});

recorded('late', async (begin) => {
  const temporal = await worker('late');
  await temporal.settled(person());
  await begin();
  await portal.faults({ route: 'GET /people/{id}', times: 24, does: { kind: 'answer', status: 500 } });
  const handle = await temporal.startSkippingTime(person({ roleWindow: 0 }));
  await handle.result();
  return () => temporal.stop();
});
