import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ifFound } from '../../src/client/find-runs.js';
import type { TestPortal } from '../support/portal.js';
import { resetRun } from '../support/reset-run.js';
import { setupWorkerProcess } from '../support/scene.js';
import { emptyFolder, janeRoe, spawnProgram, type Finished } from '../support/starter.js';
import { untilCount } from '../support/temporal.js';

/** An operator acts on a run in the Web UI while a command waits for it. */

let portal: TestPortal;
let env: Record<string, string>;
setupWorkerProcess((made) => ({ portal, env } = made), { SETTLE_WINDOW: '1s' });

let client: Client;

beforeAll(async () => {
  client = new Client({ connection: await Connection.connect({ address: inject('temporalAddress') }) });
});

afterAll(() => client.connection.close());

async function isWaitedFor(run: WorkflowHandle, commands: number): Promise<void> {
  const accepted = async (): Promise<number> =>
    (await run.fetchHistory()).events!.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes).length;
  await expect.poll(accepted).toBe(commands);
}

describe.each(['onboard', 'role'])('%s', (command) => {
  /** Acts while the command waits for an onboarding whose create the portal holds. */
  async function whileWaiting(
    act: (run: WorkflowHandle) => Promise<unknown>,
  ): Promise<{ run: WorkflowHandle; finished: Finished }> {
    await portal.faults({ route: 'POST /people', times: 1, does: { kind: 'hold' } });
    const email = `${randomUUID()}@example.com`;
    const onboarding = spawnProgram('starter', ['onboard', ...janeRoe(email), '--json'], { env });
    await portal.reached('POST /people', 'received');
    const run = client.workflow.getHandle(`onboard:${email}`);
    await isWaitedFor(run, 1);
    const running =
      command === 'onboard' ? onboarding : spawnProgram('starter', ['role', email, 'RoomAdmin', '--json'], { env });
    if (command === 'role') await isWaitedFor(run, 2);
    await act(run);
    await portal.release();
    return { run, finished: await running.finished };
  }

  it('is exit 4 if its run is terminated, and starts no other', async () => {
    const { run, finished } = await whileWaiting((waiting) => waiting.terminate('wrong person'));
    expect(finished).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(new RegExp(`${run.workflowId} was terminated by .* \\(wrong person\\)`)),
    });
    expect((await run.describe()).status.name).toBe('TERMINATED');
  });

  it('follows its run if it is reset', async () => {
    const { run, finished } = await whileWaiting(resetRun);
    const { runId } = await run.describe();
    expect([finished.code, JSON.parse(finished.stdout)]).toMatchObject([0, { state: 'onboarded', runId }]);
    await run.terminate();
  });

  it('is exit 4 if its run is deleted, and starts no other', async () => {
    const { run, finished } = await whileWaiting(({ workflowId }) =>
      client.workflowService.deleteWorkflowExecution({ namespace: 'default', workflowExecution: { workflowId } }),
    );
    expect([finished.code, finished.stderr]).toEqual([4, expect.stringContaining(run.workflowId)]);
    await expect.poll(() => ifFound(run.describe())).toBeUndefined();
  });
});

describe('retry --all', () => {
  it('reports everybody, also if one run is terminated meanwhile', async () => {
    const answer = { kind: 'answer', status: 401, headers: {}, body: '' } as const;
    await portal.faults({ route: 'POST /people', when: 'before', times: 2, does: answer });
    const emails = [randomUUID(), randomUUID()].map((name) => `${name}@example.com`);
    for (const email of emails) await spawnProgram('starter', ['onboard', ...janeRoe(email)], { env }).finished;
    await portal.faults({ route: 'POST /people', times: 2, does: { kind: 'hold' } });
    const listed = `OnboardingState = 'needs-attention' AND TaskQueue = '${env['TASK_QUEUE']}'`;
    await untilCount(client.workflow, listed, 2);
    const running = spawnProgram('starter', ['retry', '--all', '--json'], { env });
    const [first, second] = emails.map((email) => client.workflow.getHandle(`onboard:${email}`));
    await portal.reached('POST /people', 'received', 2);
    for (const run of [first!, second!]) await isWaitedFor(run, 2);
    await first!.terminate('wrong person');
    await portal.release();
    const { code, stdout, stderr } = await running.finished;
    expect([code, JSON.parse(stdout)]).toMatchObject([4, [{ email: emails[1], state: 'onboarded' }]]);
    expect(stderr).toContain(`${first!.workflowId} was terminated by`);
  });
});

describe('import', () => {
  it('follows its batch if it is reset', async () => {
    const file = join(emptyFolder(), 'people.csv');
    writeFileSync(file, `first name,last name,email,role\nJane,Roe,${randomUUID()}@example.com,User\n`);
    await portal.faults({ route: 'POST /people', times: 1, does: { kind: 'hold' } });
    const importing = spawnProgram('starter', ['import', file, '--json'], { env });
    await portal.reached('POST /people', 'received');
    await importing.prints(/Started batch:[\da-f]+:/);
    const [, id = ''] = /Started (batch:[\da-f]+)/.exec(importing.stderr) ?? [];
    await resetRun(client.workflow.getHandle(id));
    await portal.release();
    const { code, stdout } = await importing.finished;
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { state: 'onboarded' }]);
  });
});

it('cancel of a person whom an import creates just now says that the call has not ended', async () => {
  const email = `${randomUUID()}@example.com`;
  await portal.faults({ route: 'POST /people', about: email, does: { kind: 'hold' } });
  const file = join(emptyFolder(), 'people.csv');
  writeFileSync(file, `first name,last name,email,role\nJane,Roe,${email},User\n`);
  await spawnProgram('starter', ['import', file, '--detach'], { env }).finished;
  await portal.reached('POST /people', 'held');
  const { code, stdout, stderr } = await spawnProgram('starter', ['cancel', email], { env }).finished;
  expect([code, stdout]).toEqual([6, '']);
  expect(stderr).toMatch(/^error: batch:\w+ still waits for a call to the portal about .+\nThe cancellation is sent/);
  await portal.faults();
  await portal.release();
  const status = async (): Promise<string> =>
    (await spawnProgram('starter', ['status', email], { env }).finished).stdout;
  await expect.poll(status).toContain(`${email}: cancelled, by an import`);
});
