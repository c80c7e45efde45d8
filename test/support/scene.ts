import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import type { SandboxOptions } from '../../src/sandbox/server.js';
import type { OnboardingInput } from '../../src/contract/onboarding.js';
import { TestBatches } from './batches.js';
import { TestPortal } from './portal.js';
import { spawnProgram, type Running } from './starter.js';
import { TestTemporal } from './temporal.js';

/** Set-up that the tests of one file share: a portal without faults, and a worker that serves it. */

interface Scene {
  portal: TestPortal;
  temporal: TestTemporal;
  batches: TestBatches;
}

type PersonMaker = (given?: Partial<OnboardingInput>) => OnboardingInput;

/**
 * Starts a portal, and a worker in this process.
 *
 * @returns a function that makes the input of a new person, whose e-mail begins with `name`
 */
export function setupPortalAndWorker(
  name: string,
  onMade: (scene: Scene) => void,
  {
    settleWindow,
    timeoutMs,
    ...options
  }: Omit<SandboxOptions, 'port'> & { settleWindow?: number; timeoutMs?: number } = {},
): PersonMaker {
  let scene: Scene;
  beforeAll(async () => {
    const portal = await TestPortal.start(options);
    const client = portal.as('owner', timeoutMs === undefined ? {} : { timeoutMs });
    const temporal = await TestTemporal.start(client, settleWindow);
    scene = { portal, temporal, batches: new TestBatches(portal, temporal) };
    onMade(scene);
  });
  afterEach(() => scene.portal.faults());
  afterAll(async () => {
    await scene.temporal.stop();
    await scene.portal.close();
  });
  let count = 0;
  return (given = {}) => {
    const email = `${name}${++count}@example.com`;
    return { email, firstName: 'Jane', lastName: 'Roe', role: 'User', portal: scene.portal.url, ...given };
  };
}

interface ProcessScene {
  portal: TestPortal;
  worker: Running;
  env: Record<string, string>;
}

/** Starts a portal for processes that need no worker. */
export function setupPortal(onMade: (scene: Omit<ProcessScene, 'worker'>) => void): void {
  let portal: TestPortal;
  beforeAll(async () => {
    portal = await TestPortal.start();
    onMade({ portal, env: processEnv(portal) });
  });
  afterEach(() => portal.faults());
  afterAll(() => portal.close());
}

/** Starts a portal, and a worker in its own process on the shared server. */
export function setupWorkerProcess(onMade: (scene: ProcessScene) => void, settings: Record<string, string> = {}): void {
  let scene: ProcessScene;
  beforeAll(async () => {
    const portal = await TestPortal.start();
    const env = { ...processEnv(portal), ...settings };
    scene = { portal, env, worker: spawnProgram('worker', [], { env }) };
    await scene.worker.prints(/worker ready/);
    // The worker does not wait for its check of the key, whose calls a test could take for its own.
    await portal.reached('GET /people/{id}', 'answered');
    onMade(scene);
  });
  afterEach(() => scene.portal.faults());
  afterAll(async () => {
    await scene.worker.kill('SIGTERM');
    await scene.portal.close();
  });
}

/** The environment of processes that work on a portal, with their own task queue. */
export function processEnv({ url, keys }: TestPortal): Record<string, string> {
  return {
    API_HOST: url,
    API_KEY: keys.owner,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TASK_QUEUE: `processes-${randomUUID()}`,
  };
}
