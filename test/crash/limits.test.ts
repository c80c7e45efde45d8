import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { onboardingId, type Outcome } from '../../src/contract/onboarding.js';
import type { Finished, Running } from '../support/starter.js';
import { Stage } from './stage.js';

/** Servers without room, without memory of a run, or too old: the command reports it, and nothing is half started. */

let stage: Stage;
let client: Client;
let worker: Running;
const taskQueue = `limits-${randomUUID()}`;
let email: string;

beforeAll(async () => {
  stage = await Stage.open();
  client = new Client({ connection: await Connection.connect({ address: stage.address }) });
  worker = await stage.startWorker(taskQueue, { TEMPORAL_ADDRESS: stage.address });
});

beforeEach(() => {
  email = `${randomUUID()}@example.com`;
});

afterAll(async () => {
  await worker.kill('SIGTERM');
  await client.connection.close();
  await stage.close();
});

function starter(...args: string[]): Promise<Finished> {
  return stage.starter(taskQueue, [...args, '--json']).finished;
}

const onboard = (role = 'User'): Promise<Finished> =>
  starter('onboard', '--first-name', 'Jane', '--last-name', 'Roe', '--email', email, '--role', role);
const outcomeOf = ({ stdout }: Finished): Outcome => JSON.parse(stdout) as Outcome;

async function isStarted(): Promise<boolean> {
  try {
    await client.workflow.getHandle(onboardingId(email)).describe();
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

describe('a server that is too old', () => {
  it('is named as the cause, and nothing is started', async () => {
    stage.starterRelay.lack(['ExecuteMultiOperation']);
    const { code, stderr } = await onboard();
    stage.starterRelay.lack([]);
    expect([code, stderr]).toEqual([6, expect.stringMatching(/is too old[^]*Temporal Server 1\.29/)]);
    expect(await isStarted()).toBe(false);
    expect((await onboard()).code).toBe(0);
  });
});

describe('a run that the server has forgotten', () => {
  /** Deletes the run, as retention does in the end. */
  async function forget(): Promise<void> {
    const which = ['--workflow-id', onboardingId(email), '--address', stage.address, '--yes'];
    await promisify(execFile)(inject('temporalCli'), ['workflow', 'delete', ...which]);
    while (await isStarted()); // the server deletes it a moment later
  }

  it('leaves an account that the same command recognises as its own', async () => {
    const first = outcomeOf(await onboard());
    await forget();
    const known = await starter('status', email);
    expect([known.code, known.stderr]).toEqual([4, expect.stringContaining(email)]);
    const again = await onboard();
    expect([again.code, outcomeOf(again)]).toMatchObject([0, { userId: first.userId, created: false }]);
    expect(await stage.portal.withEmail(email)).toMatchObject([{ mails: 1 }]);
  });

  it('is not needed for a role change', async () => {
    await onboard();
    await forget();
    expect((await starter('role', email, 'RoomAdmin')).code).toBe(0);
    expect(await stage.portal.withEmail(email)).toMatchObject([{ type: 'RoomAdmin' }]);
  });
});

describe('an onboarding started by hand with an oversized input', () => {
  const start = (given: object): Promise<unknown> =>
    client.workflow
      .execute('onboardUser', { workflowId: onboardingId(email), taskQueue, args: [{ email, ...given }] })
      .catch((error: unknown) => error);
  const megabytes = (count: number): string => 'x'.repeat(count * 1_000_000);
  const person = { firstName: 'Jane', lastName: 'Roe', role: 'User' };

  it('is refused by the server above two megabytes', async () => {
    const error = await start({ ...person, portal: stage.portal.url, firstName: megabytes(3) });
    expect(error).toMatchObject({ cause: { details: expect.stringContaining('exceeds limit') } });
    expect(await isStarted()).toBe(false);
  });

  it.each(['firstName', 'role', 'portal', 'email'])('fails if %s has a megabyte, and is not stuck', async (field) => {
    const error = await start({ ...person, portal: stage.portal.url, [field]: megabytes(1.5) });
    expect(error).toMatchObject({ cause: { type: 'OnboardingFailed' } });
    expect(await stage.portal.withEmail(email)).toEqual([]);
  });
});

// The server takes ten seconds to give up a write.
describe.runIf(process.platform === 'linux')('a server whose disk is full', () => {
  it('is named as the cause; the same command works once there is room', async () => {
    await stage.fillDisk();
    const [onboarding, changing] = await Promise.all([onboard(), starter('role', `other-${email}`, 'User')]);
    for (const { code, stderr } of [onboarding, changing]) {
      expect([code, stderr]).toEqual([6, expect.stringContaining('a full disk is one reason')]);
    }
    await stage.killServer();
    await stage.startServer();
    expect(await isStarted()).toBe(false);
    expect(await stage.portal.withEmail(email)).toEqual([]);
    expect((await onboard()).code).toBe(0);
    expect(await stage.portal.withEmail(email)).toHaveLength(1);
  });
});
