import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, inject, it } from 'vitest';
import { idOfBatch, startBatch } from '../../src/commands/start-batch.js';
import type { Session } from '../../src/commands/session.js';
import type { Fault } from '../../src/sandbox/faults.js';
import { attributeKeys } from '../../src/workflows/attributes.js';
import { partId, type BatchOutcome } from '../../src/workflows/batch-messages.js';
import { changeRole, onboardingId, retry, untilSettled, type OnboardingInput } from '../../src/workflows/messages.js';
import { TestPortal } from '../support/portal.js';
import { TestTemporal, until } from '../support/temporal.js';

/**
 * Records a run of every kind into test/histories/, beside those that are there: runs that are open somewhere when this
 * version is replaced are like these. Only `npm run histories` does; `npm test` replays them.
 */

const day = new Date().toISOString().slice(0, 10);

let portal: TestPortal;
let temporal: TestTemporal;
let server: TestWorkflowEnvironment;
/** Its runs go on as new ones after a few events. */
let short: TestTemporal;
let count = 0;

const person = (given: Partial<OnboardingInput> = {}): OnboardingInput => {
  const email = `person${++count}@example.com`;
  return { email, firstName: 'Jane', lastName: 'Roe', role: 'Manager', portal: portal.url, ...given };
};
const refusal = (status: number): Fault['does'] => ({
  kind: 'answer',
  status,
  body: JSON.stringify({ error: { message: 'no' }, status: 1, statusCode: status }),
});
const madeBySomebodyElse = ({ email }: OnboardingInput): Promise<unknown> =>
  portal.as().createUser({ firstName: 'Some', lastName: 'One', email, type: 'User', comment: '' });

type Recorded = Record<string, WorkflowHandle>;

/** Each brings a run to where it is recorded: closed, or open and waiting. */
const kinds: Record<string, () => Promise<Recorded>> = {
  async plain() {
    const { handle } = await temporal.settled(person({ roleWindow: 0 }));
    return { 'onboard-user.plain': handle };
  },
  async open() {
    const { handle } = await temporal.settled(person());
    return { 'onboard-user.open-for-role-changes': handle };
  },
  async adopted() {
    const input = person({ existing: 'adopt' });
    await madeBySomebodyElse(input);
    return { 'onboard-user.adopted': (await temporal.settled(input)).handle };
  },
  async failed() {
    const input = person();
    await madeBySomebodyElse(input);
    return { 'onboard-user.failed': (await temporal.settled(input)).handle };
  },
  async cancelled() {
    const { handle } = await temporal.settled(person());
    await handle.cancel();
    await handle.result().catch(() => undefined);
    return { 'onboard-user.cancelled': handle };
  },
  async retried() {
    await portal.faults(
      { route: 'POST /people', when: 'after', times: 1, does: { kind: 'reset' } },
      { route: 'GET /people/{id}', times: 2, does: refusal(500) },
    );
    return { 'onboard-user.retried': (await temporal.settled(person())).handle };
  },
  async parked() {
    await portal.faults({ route: 'PUT /people/type/{type}', times: 2, does: refusal(402) });
    const { handle } = await temporal.settled(person());
    for (let times = 0; times < 2; times++) {
      await handle.signal(retry);
      await handle.executeUpdate(untilSettled);
    }
    return { 'onboard-user.parked-and-released': handle };
  },
  async parkedWithEverybody() {
    await portal.faults({ route: 'POST /people', times: 1, does: { kind: 'answer', status: 402 } });
    const { handle } = await temporal.settled(person());
    await handle.signal(retry);
    await handle.executeUpdate(untilSettled);
    return { 'onboard-user.parked-with-everybody': handle };
  },
  async changed() {
    const { handle } = await temporal.settled(person());
    for (const role of ['User', 'nonsense', 'DocSpaceAdmin', 'Guest']) {
      await handle.signal(changeRole, role);
      await handle.executeUpdate(untilSettled);
    }
    return { 'onboard-user.role-changes': handle };
  },
  async overtaken() {
    await portal.faults({ route: 'PUT /people/type/{type}', times: 1, does: { kind: 'hold' } });
    const handle = await temporal.start(person());
    await portal.reached('PUT /people/type/{type}', 'received');
    for (const role of ['User', 'DocSpaceAdmin']) await handle.signal(changeRole, { role, reason: 'a slip' });
    await portal.release();
    await until(handle, ({ role, state }) => role === 'DocSpaceAdmin' && state === 'onboarded');
    return { 'onboard-user.overtaken': handle };
  },
  async roleOnly() {
    const input = person({ roleWindow: 0 });
    await temporal.settled(input);
    const handle = await temporal.changeRole(input, 'DocSpaceAdmin');
    await handle.result();
    return { 'onboard-user.role-only': handle };
  },
  async continued() {
    const input = person();
    const handle = await short.start(input);
    const { runId: first } = await handle.describe();
    await until(handle, ({ state }) => state === 'onboarded');
    const earlier = short.client.workflow.getHandle(handle.workflowId, first);
    return { 'onboard-user.goes-on-as-a-new-run': earlier, 'onboard-user.goes-on-from-a-run-before': handle };
  },
  async batch() {
    const of = [person(), person({ role: 'User' }), person({ role: 'Guest' })];
    return recordedBatch('', of);
  },
  async batchWithAttention() {
    await portal.faults({ route: 'PUT /people/type/{type}', times: 1, does: refusal(402) });
    const of = [person(), person({ role: 'User' })];
    const own = temporal.client.workflow.getHandle(onboardingId(of[0]?.email ?? ''));
    const recorded = await recordedBatch('-of-one-handed-over', of);
    await own.executeUpdate(untilSettled);
    await own.signal(retry);
    await own.result();
    return { ...recorded, 'onboard-user.handed-over': own };
  },
};

/** A batch of its own, and its one part. */
async function recordedBatch(suffix: string, people: OnboardingInput[]): Promise<Recorded> {
  const options = { existing: 'fail', mail: true } as const;
  const { client, taskQueue } = temporal;
  const session = { client, namespace: 'default', taskQueue, portal: portal.url } as Session;
  const of = people.map(({ email, firstName = '', lastName = '', role = '' }) => ({
    email,
    firstName,
    lastName,
    role,
  }));
  const id = idOfBatch(portal.url, of, options);
  const handle = await startBatch(session, id, { people: of, options, seen: new Set(), lookFirst: false });
  const outcome: BatchOutcome = await handle.result();
  const part = client.workflow.getHandle(partId(outcome.batchId, 0), outcome.parts[0] ?? '');
  return { [`onboard-batch.batch${suffix}`]: handle, [`onboard-part.part${suffix}`]: part };
}

/** Who recorded it, and where their files lie, is nobody's business. */
function written(json: string): string {
  const machine = `@${hostname()}`;
  const anonymous = (key: string, value: unknown): unknown => {
    if (key === 'stackTrace') return '';
    return typeof value === 'string' && value.includes(machine) ? 'recorded' : value;
  };
  return `${JSON.stringify(JSON.parse(json), anonymous, 1)}\n`;
}

describe.runIf(process.env['RECORD'])('a run is recorded', () => {
  beforeAll(async () => {
    portal = await TestPortal.start();
    temporal = await TestTemporal.start(portal.as(), 1_000);
    server = await TestWorkflowEnvironment.createLocal({
      server: {
        executable: { type: 'existing-path', path: inject('temporalCli') },
        ip: '127.0.0.1',
        searchAttributes: [...attributeKeys],
        extraArgs: ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=15'],
      },
    });
    short = await TestTemporal.start(portal.as(), 1_000, undefined, server.address);
  });

  afterEach(() => portal.faults());

  afterAll(async () => {
    for (const each of [temporal, short]) await each.stop();
    await server.teardown();
    await portal.close();
  });

  it.each(Object.keys(kinds))('%s', async (kind) => {
    const recorded = (await kinds[kind]?.()) ?? {};
    for (const [name, handle] of Object.entries(recorded)) {
      const file = new URL(`../histories/${name}.${day}.json`, import.meta.url);
      writeFileSync(file, written(historyToJSON(await handle.fetchHistory())));
    }
  });
});
