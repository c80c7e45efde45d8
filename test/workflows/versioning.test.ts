import { afterAll, beforeAll, expect, it } from 'vitest';
import { changeRole, untilSettled } from '../../src/contract/onboarding.js';
import { TestPortal } from '../support/portal.js';
import { TestTemporal } from '../support/temporal.js';

/** Worker Deployment Versioning: an open run continues with the build that becomes current. */

let portal: TestPortal;

beforeAll(async () => {
  portal = await TestPortal.start();
});

afterAll(() => portal.close());

async function makeCurrent({ client }: TestTemporal, deploymentName: string, buildId: string): Promise<void> {
  // The server knows a build once its worker has polled, and a deployment once it has a build.
  const isDone = async (): Promise<boolean> => {
    try {
      await client.workflowService.setWorkerDeploymentCurrentVersion({
        namespace: 'default',
        deploymentName,
        buildId,
        identity: 'test',
      });
      return true;
    } catch {
      return false;
    }
  };
  await expect.poll(isDone).toBe(true);
}

it('an open onboarding moves from build A to build B', async () => {
  const taskQueue = `versions-${crypto.randomUUID()}`;
  const deploymentName = taskQueue;
  const workerOf = (buildId: string): Promise<TestTemporal> =>
    TestTemporal.start(portal.as(), undefined, taskQueue, { version: { deploymentName, buildId } });

  const a = await workerOf('A');
  await makeCurrent(a, deploymentName, 'A');
  const email = `versioned@example.com`;
  const { handle, outcome } = await a.settled({ email, firstName: 'Jane', lastName: 'Roe', role: 'User', portal: portal.url }); // prettier-ignore
  expect(outcome).toMatchObject({ state: 'onboarded', role: 'User' });
  expect(await buildOf(a, handle.workflowId)).toBe('A');

  const b = await workerOf('B');
  await makeCurrent(b, deploymentName, 'B');
  await a.stopWorker();
  const open = b.client.workflow.getHandle(handle.workflowId);
  await open.signal(changeRole, 'RoomAdmin');
  expect(await open.executeUpdate(untilSettled)).toMatchObject({ state: 'onboarded', role: 'RoomAdmin' });
  expect(await buildOf(b, handle.workflowId)).toBe('B');
  expect(await portal.withEmail(email)).toMatchObject([{ type: 'RoomAdmin' }]);
  await a.stop();
  await b.stop();
});

async function buildOf({ client }: TestTemporal, workflowId: string): Promise<string | null | undefined> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId;
}
