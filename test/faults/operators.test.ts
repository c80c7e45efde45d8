import { afterAll, beforeAll, expect, it } from 'vitest';
import { withRetries, type OnboardingHandle } from '../../src/client/outcomes.js';
import type { ChunkHandle } from '../../src/client/chunks.js';
import { startBatch, type BatchHandle } from '../../src/client/start-batch.js';
import { batchId, chunkId, chunkStatus, untilHandedOver } from '../../src/contract/batch.js';
import {
  onboardingId,
  retry,
  status as statusQuery,
  untilSettled,
  type OnboardingInput,
} from '../../src/contract/onboarding.js';
import { waitReason } from '../../src/commands/step-progress.js';
import type { Fault } from '../../src/sandbox/faults/faults.js';
import { TestPortal } from '../support/portal.js';
import { resetRun } from '../support/reset-run.js';
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

function lateCreate(name: string): Fault {
  const does = { kind: 'statement', statement: 'account', disturbed: 'timeout', ends: 'reset' } as const;
  return { route: '*', about: `${name}@example.com`, times: 1, does: { ...does, milliseconds: latenessMs } };
}

async function startWithLateCreate(name: string): Promise<OnboardingHandle> {
  await portal.faults(lateCreate(name));
  const handle = await temporal.start(person(name));
  await portal.reached('POST /people', 'received');
  return handle;
}

/** Resets a chunk that the portal pauses at its first look-up, and pauses again after the reset. */
async function resetPausedChunk(...names: string[]): Promise<{ batch: BatchHandle; chunk: ChunkHandle }> {
  await portal.faults({ route: 'GET /people/filter', does: { kind: 'answer', status: 401, headers: {}, body: '' } });
  const batch = await startBatch(temporal.session(portal.url), batchId(`${temporal.taskQueue}-${names.join('-')}`), {
    people: names.map((name) => ({
      email: `${name}@example.com`,
      firstName: 'Jane',
      lastName: 'Roe',
      role: 'User',
    })),
    options: { existing: 'fail', mail: true },
  });
  const chunk: ChunkHandle = temporal.client.workflow.getHandle(chunkId(batch.workflowId, 0));
  const isPaused = async (): Promise<boolean> => (await chunk.query(chunkStatus)).attention !== null;
  await expect.poll(isPaused).toBe(true);
  await resetRun(chunk);
  await expect.poll(isPaused).toBe(true);
  return { batch, chunk };
}

async function expectOneAccount(handle: OnboardingHandle, name: string): Promise<void> {
  expect(await handle.executeUpdate(untilSettled)).toMatchObject({ state: 'onboarded', role: 'User', created: true });
  expect(await portal.withEmail(`${name}@example.com`)).toMatchObject([{ type: 'User' }]);
}

it('a reset of the run does not repeat a create that may still take effect', async () => {
  const { workflowId } = await startWithLateCreate('run');
  const latest = temporal.client.workflow.getHandle(workflowId);
  await resetRun(latest);
  await expectOneAccount(latest, 'run');
});

it('a reset of a chunk does not repeat a create that may still take effect', async () => {
  await portal.faults(lateCreate('chunk'));
  const people = ['chunk', 'other'].map((name) => ({ ...person(name), role: 'RoomAdmin' }));
  const session = temporal.session(portal.url);
  const batch = await startBatch(session, batchId(temporal.taskQueue), {
    people: people.map(({ email, role }) => ({ email, role, firstName: 'Jane', lastName: 'Roe' })),
    options: { existing: 'fail', mail: true },
  });
  await portal.reached('POST /people', 'received', 2);
  await resetRun(temporal.client.workflow.getHandle(chunkId(batch.workflowId, 0)));
  expect(await batch.result()).toMatchObject({ state: 'onboarded', counts: { onboarded: 2 } });
  for (const { email } of people) expect(await portal.withEmail(email)).toMatchObject([{ type: 'RoomAdmin' }]);
});

it('a reset chunk that the portal pauses still treats what it finds as unproven', async () => {
  const { batch, chunk } = await resetPausedChunk('paused1', 'paused2');
  await portal.faults();
  await chunk.signal(retry);
  expect(await batch.result()).toMatchObject({ state: 'onboarded' });
  const { events } = await chunk.fetchHistory();
  const lookUps = events!.flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
    scheduled?.activityType?.name === 'getUsers' ? [Buffer.from(scheduled.input!.payloads![0]!.data!).toString()] : [],
  );
  expect(lookUps.length).toBeGreaterThan(1);
  for (const input of lookUps) expect(input).toContain('"isResetRun":true');
});

it('a reset chunk lets go of a person as somebody who may have an account', async () => {
  const email = 'claimed@example.com';
  const { batch, chunk } = await resetPausedChunk('claimed', 'beside');
  await chunk.executeUpdate(untilHandedOver, { args: [[email]] });
  const onboarding = temporal.client.workflow.getHandle(onboardingId(email));
  const { events } = await onboarding.fetchHistory();
  const [input] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  expect(Buffer.from(input!.data!).toString()).toContain('"lookUpBeforeCreate":true');
  await portal.faults();
  for (const run of [chunk, onboarding]) await run.signal(retry);
  expect(await onboarding.result()).toMatchObject({ state: 'onboarded' });
  expect(await portal.withEmail(email)).toHaveLength(1);
  await batch.result();
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

it('a step that an operator paused is shown as paused until it is unpaused', async () => {
  const [status, about] = [503, 'paused@example.com'];
  await portal.faults({ route: '*', about, does: { kind: 'answer', status, headers: {}, body: '' } });
  const handle = await temporal.start(person('paused'));
  await portal.reached('POST /people', 'received');
  const step = { namespace: 'default', execution: { workflowId: handle.workflowId }, type: 'createUser' };
  await temporal.client.workflowService.pauseActivity({ ...step, reason: 'test' });
  const session = temporal.session(portal.url);
  const outcome = { ...(await handle.query(statusQuery)), webUi: null };
  const waitsFor = waitReason(await withRetries(session, outcome, await handle.describe()));
  expect(waitsFor).toMatch(/^create user: an operator paused this step/);
  await portal.faults();
  await temporal.client.workflowService.unpauseActivity(step);
  await expectOneAccount(handle, 'paused');
});

it.each([null, 7, {}])('a step that an operator completes with %j fails the onboarding', async (result) => {
  await portal.faults({ route: 'POST /people', times: 1, does: { kind: 'hang' } });
  const handle = await temporal.start(person(`completed${JSON.stringify(result).length}`));
  await portal.reached('POST /people', 'received');
  const activityId = '1';
  await temporal.client.activity.complete({ workflowId: handle.workflowId, activityId }, result);
  await expect(handle.result()).rejects.toMatchObject({ cause: { message: expect.stringContaining('by hand') } });
});
