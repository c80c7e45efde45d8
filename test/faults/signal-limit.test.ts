import { Client, Connection, WithStartWorkflowOperation } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RoleEntry } from '../../src/commands/status/audit.js';
import { grpcErrorIn } from '../../src/temporal/grpc-errors.js';
import { isTransient } from '../../src/client/outcomes.js';
import { changeRole, onboardingId, untilSettled } from '../../src/contract/onboarding.js';
import type { onboardUser } from '../../src/workflows/onboarding/onboard-user.js';
import { TestPortal } from '../support/portal.js';
import { janeRoe, runStarter, spawnProgram, type Running } from '../support/starter.js';
import { startServer, until } from '../support/temporal.js';
import type { TemporalServer } from '../support/temporal-server.js';

/** What senders see if a run accepts no more messages. The server of these tests allows few of them. */

const max = { signals: 12, updates: 4 };

let portal: TestPortal;
let server: TemporalServer;
let client: Client;

beforeAll(async () => {
  portal = await TestPortal.start();
  server = await startServer(
    `history.maximumSignalsPerExecution=${max.signals}`,
    `history.maxTotalUpdates=${max.updates}`,
    'limit.historyCount.suggestContinueAsNew=15',
  );
  client = new Client({ connection: await Connection.connect({ address: server.address }) });
});

afterEach(() => portal.faults());

afterAll(async () => {
  await server.teardown();
  await portal.close();
});

/** A person whose onboarding was just started, with a task queue of its own. */
async function somebody(): Promise<{ email: string; env: Record<string, string> }> {
  const email = `${randomUUID()}@example.com`;
  const env = {
    API_HOST: portal.url,
    API_KEY: portal.keys.owner,
    TEMPORAL_ADDRESS: server.address,
    TASK_QUEUE: `room-${randomUUID()}`,
    SETTLE_WINDOW: '1s',
  };
  const flags = janeRoe(email);
  await runStarter(['onboard', ...flags, '--detach'], { env });
  return { email, env };
}

/** The same, with a worker whose create the portal holds. */
async function somebodyWithHeldCreate(): Promise<Awaited<ReturnType<typeof somebody>> & { worker: Running }> {
  await portal.faults({ route: 'POST /people', times: 1, does: { kind: 'hold' } });
  const made = await somebody();
  const worker = spawnProgram('worker', [], { env: made.env });
  await portal.reached('POST /people', 'received');
  return { ...made, worker };
}

async function fill(email: string): Promise<void> {
  const handle = client.workflow.getHandle<typeof onboardUser>(onboardingId(email));
  for (let sent = 0; sent < max.signals; sent++) await handle.signal(changeRole, 'DocSpaceAdmin');
}

describe('a run that accepts no more signals', () => {
  it('continues as new after its step, and applies the change that waited', async () => {
    const { email, env, worker } = await somebodyWithHeldCreate();
    await fill(email);
    const role = spawnProgram('starter', ['role', email, 'RoomAdmin'], { env });
    await role.prints(/waiting until it continues as new/);
    await portal.release();
    expect(await role.finished).toMatchObject({ code: 0, stdout: expect.stringContaining(`${email} is onboarded`) });
    expect(await portal.withEmail(email)).toMatchObject([{ type: 'RoomAdmin' }]);
    await worker.kill('SIGTERM');

    // The audit follows it into the new run, and needs no worker.
    const { stdout } = await runStarter(['status', email, '--history', '--json'], { env });
    const changes = JSON.parse(stdout) as RoleEntry[];
    expect(changes.map(({ role: asked, state }) => `${asked} ${state}`)).toEqual([
      ...Array.from({ length: max.signals }, () => expect.stringMatching(/^DocSpaceAdmin (applied|superseded)$/)),
      'RoomAdmin applied',
    ]);
    expect(new Set(changes.map(({ runId }) => runId)).size).toBe(2);
  });

  it('is exit 6 without a worker, and nothing was sent', async () => {
    const { email, env } = await somebody();
    await fill(email);
    const results = await Promise.all([
      runStarter(['role', email, 'RoomAdmin'], { env }),
      runStarter(['role', email, 'RoomAdmin', '--detach'], { env }),
      runStarter(['retry', email], { env }),
    ]);
    for (const { code, stderr } of results) {
      expect(code).toBe(6);
      expect(stderr).toContain(`onboard:${email} accepts no more signals in this run, so this one was not sent`);
      expect(stderr).toContain(`no worker polls the task queue ${env['TASK_QUEUE']}`);
      expect(stderr).toContain('npm run worker');
    }
  });

  it('is exit 6 during a step, with the time to send again', async () => {
    const { email, env, worker } = await somebodyWithHeldCreate();
    await fill(email);
    const { code, stderr } = await runStarter(['role', email, 'RoomAdmin'], { env });
    await portal.release();
    expect([code, stderr]).toEqual([6, expect.stringContaining('after its current step')]);
    await worker.kill('SIGTERM');
  });
});

describe('a run that accepts no more updates', () => {
  it('is asked again until it has continued as new', async () => {
    const { email, env, worker } = await somebodyWithHeldCreate();
    const handle = client.workflow.getHandle<typeof onboardUser>(onboardingId(email));
    const asked = Array.from({ length: max.updates }, () =>
      handle.startUpdate(untilSettled, { waitForStage: 'ACCEPTED' }),
    );
    await Promise.all(asked);
    const startWorkflowOperation = new WithStartWorkflowOperation<typeof onboardUser>('onboardUser', {
      workflowId: handle.workflowId,
      taskQueue: env['TASK_QUEUE'] ?? '',
      args: [{ email, portal: portal.url }],
      workflowIdConflictPolicy: 'USE_EXISTING',
    });
    for (const ask of [
      () => handle.executeUpdate(untilSettled),
      () => client.workflow.executeUpdateWithStart(untilSettled, { startWorkflowOperation }),
    ]) {
      const error: unknown = await ask().catch((reason: unknown) => reason);
      expect([grpcErrorIn(error)?.code, isTransient(error)]).toEqual([9, true]);
    }

    const role = spawnProgram('starter', ['role', email, 'RoomAdmin', '--json'], { env });
    await until(handle, ({ requestedRole }) => requestedRole === 'RoomAdmin');
    await portal.release();
    const { code, stdout } = await role.finished;
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { state: 'onboarded', role: 'RoomAdmin' }]);
    await worker.kill('SIGTERM');
  });

  it.each([
    [8, 'limit on number of concurrent in-flight updates has been reached (10)', true],
    [8, 'namespace rate limit exceeded', true],
    [9, 'The limit on the total number of distinct updates in this workflow has been reached (2000). …', true],
    [9, 'Workflow is not in a state to do that', false],
    [3, 'exceeded workflow execution limit for signal events', false],
  ])('code %i, %s: transient is %s', (code, details, transient) => {
    const error = Object.assign(new Error(details), { code, details, metadata: {} });
    expect(isTransient(error)).toBe(transient);
  });
});
