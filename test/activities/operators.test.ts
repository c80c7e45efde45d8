import { afterAll, beforeAll, expect, it } from 'vitest';
import { untilSettled, type OnboardingInput } from '../../src/contract/onboarding.js';
import type { OnboardingHandle } from '../../src/client/outcomes.js';
import { TestPortal } from '../support/portal.js';
import { TestTemporal } from '../support/temporal.js';

/** An operator lets a second attempt begin while the first create may still take effect. */

const settleWindow = 3_000;
/** The account is inserted this long after the caller has lost its answer. */
const latenessMs = 1_500;

let portal: TestPortal;
let temporal: TestTemporal;

beforeAll(async () => {
  portal = await TestPortal.start();
  temporal = await TestTemporal.start(portal.as(), settleWindow);
});

afterAll(async () => {
  await temporal.stop();
  await portal.close();
});

function person(name: string): OnboardingInput {
  const email = `${name}@example.com`;
  return { email, firstName: 'Jane', lastName: 'Roe', role: 'User', portal: portal.url, lookUpBeforeCreate: false };
}

async function startWithLateCreate(name: string): Promise<OnboardingHandle> {
  await portal.faults({
    route: '*',
    about: `${name}@example.com`,
    times: 1,
    does: {
      kind: 'statement',
      statement: 'account',
      disturbed: 'timeout',
      ends: 'reset',
      milliseconds: latenessMs,
    },
  });
  const handle = await temporal.start(person(name));
  await portal.reached('POST /people', 'received');
  return handle;
}

async function expectOneAccount(handle: OnboardingHandle, name: string): Promise<void> {
  expect(await handle.executeUpdate(untilSettled)).toMatchObject({ state: 'onboarded', role: 'User', created: true });
  expect(await portal.withEmail(`${name}@example.com`)).toMatchObject([{ type: 'User' }]);
}

it('a reset of the run does not repeat a create that may still take effect', async () => {
  const handle = await startWithLateCreate('run');
  const { workflowId } = handle;
  const { events = [] } = await handle.fetchHistory();
  const firstDecision = events?.find((event) => event.workflowTaskCompletedEventAttributes)?.eventId;
  const { workflowService } = temporal.client.connection;
  await workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId },
    reason: 'test',
    requestId: crypto.randomUUID(),
    workflowTaskFinishEventId: firstDecision ?? null,
  });
  await expectOneAccount(temporal.client.workflow.getHandle(workflowId), 'run');
});

it('a reset of the activity does not repeat a create that may still take effect', async () => {
  const handle = await startWithLateCreate('activity');
  const { workflowService } = temporal.client.connection;
  await workflowService.resetActivity({
    namespace: 'default',
    execution: { workflowId: handle.workflowId },
    type: 'createUser',
    resetHeartbeat: true,
  });
  await expectOneAccount(handle, 'activity');
});
