import { Client, Connection } from '@temporalio/client';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { onboardingId } from '../../src/workflows/messages.js';
import { TestPortal } from '../support/portal.js';
import { runStarter, spawnProgram, type Running } from '../support/starter.js';

/** Workers that say which version they are: the server moves the open runs to the one that is made current. */

let portal: TestPortal;
let client: Client;
let env: Record<string, string>;
const deployment = `onboarding-${randomUUID()}`;

beforeAll(async () => {
  portal = await TestPortal.start();
  client = new Client({ connection: await Connection.connect({ address: inject('temporalAddress') }) });
  env = {
    API_HOST: portal.url,
    API_KEY: portal.keys.owner,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TASK_QUEUE: `versions-${randomUUID()}`,
  };
});

afterAll(async () => {
  await client.connection.close();
  await portal.close();
});

async function worker(version: string): Promise<Running> {
  const running = spawnProgram('worker', [], { env: { ...env, WORKER_DEPLOYMENT: deployment, BUILD_ID: version } });
  await running.says(/worker ready/);
  return running;
}

/** As README says it. */
async function makeCurrent(version: string): Promise<void> {
  const which = ['--deployment-name', deployment, '--build-id', version, '--yes'];
  const address = ['--address', inject('temporalAddress')];
  const cli = inject('temporalCli');
  const set = ['worker', 'deployment', 'set-current-version', ...which, ...address];
  // A version is known a moment after its worker has asked for work.
  for (;;) {
    const done = await promisify(execFile)(cli, set).then(
      () => true,
      (error: Error) => !/not found|no active|not registered/i.test(error.message) && Promise.reject(error),
    );
    if (done) return;
  }
}

/** The version that took each decision of a run, in order and without repetition. */
async function versionsOf(email: string): Promise<(string | undefined)[]> {
  const { events } = await client.workflow.getHandle(onboardingId(email)).fetchHistory();
  const decided = events?.map(({ workflowTaskCompletedEventAttributes: decision }) => decision) ?? [];
  const versions = decided.filter(Boolean).map((decision) => decision?.deploymentVersion?.buildId ?? undefined);
  return versions.filter((version, index) => version !== versions[index - 1]);
}

it('an open onboarding goes on with the version that is made current', async () => {
  const email = `${randomUUID()}@example.com`;
  const a = await worker('A');
  await makeCurrent('A');
  const person = ['--first-name', 'Jane', '--last-name', 'Roe', '--email', email, '--role', 'User'];
  expect((await runStarter(['onboard', ...person], { env })).code).toBe(0);

  const b = await worker('B');
  await makeCurrent('B');
  const { code, stderr } = await runStarter(['role', email, 'RoomAdmin'], { env });
  expect([code, stderr]).toEqual([0, expect.not.stringContaining('no worker')]);
  expect(await versionsOf(email)).toEqual(['A', 'B']);
  expect(await portal.withEmail(email)).toMatchObject([{ type: 'RoomAdmin' }]);
  await Promise.all([a, b].map((each) => each.kill('SIGTERM')));
});

it('a deployment without a build id is refused', async () => {
  const { code, stderr } = await spawnProgram('worker', [], { env: { ...env, WORKER_DEPLOYMENT: deployment } })
    .finished;
  expect([code, stderr]).toEqual([2, expect.stringContaining('BUILD_ID is not set')]);
});
