import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import type { SandboxOptions } from '../../src/sandbox/server.js';
import type { OnboardingInput } from '../../src/contract/onboarding.js';
import { TestPortal } from './portal.js';
import { spawnProgram, type Running } from './starter.js';
import { TestTemporal } from './temporal.js';

/** What the tests of a file share: a portal without faults, and a worker that serves it. */

interface Scene {
  portal: TestPortal;
  temporal: TestTemporal;
}

type PersonMaker = (given?: Partial<OnboardingInput>) => OnboardingInput;

/**
 * A worker in this process.
 *
 * @returns what makes an input for somebody who is new, by e-mails that begin with `name`
 */
export function useScene(
  name: string,
  onMade: (scene: Scene) => void,
  options: Omit<SandboxOptions, 'port'> = {},
): PersonMaker {
  let scene: Scene;
  beforeAll(async () => {
    const portal = await TestPortal.start(options);
    scene = { portal, temporal: await TestTemporal.start(portal.as()) };
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

/** A worker in a process of its own, on the server that serves all tests. */
export function useWorkerProcess(onMade: (scene: ProcessScene) => void): void {
  let scene: ProcessScene;
  beforeAll(async () => {
    const portal = await TestPortal.start();
    const env = surroundingsOf(portal);
    scene = { portal, env, worker: spawnProgram('worker', [], { env }) };
    await scene.worker.says(/worker ready/);
    onMade(scene);
  });
  afterEach(() => scene.portal.faults());
  afterAll(async () => {
    await scene.worker.kill('SIGTERM');
    await scene.portal.close();
  });
}

/** The settings of processes that work on a portal, with a task queue of their own. */
export function surroundingsOf({ url, keys }: TestPortal): Record<string, string> {
  return {
    API_HOST: url,
    API_KEY: keys.owner,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TASK_QUEUE: `processes-${randomUUID()}`,
  };
}
