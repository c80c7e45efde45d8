import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { chunkId } from '../../../src/contract/batch.js';
import { createsOf, folderWith, lastJson, type Row, rows } from '../../support/import-files.js';
import { importOnce, importTwice } from '../../support/imports.js';
import { TestPortal } from '../../support/portal.js';
import { setupWorkerProcess } from '../../support/scene.js';
import { runStarter, spawnProgram, type Finished } from '../../support/starter.js';
import { hasEvent, untilCount } from '../../support/temporal.js';

/** Commands about a whole batch, during and after an import. */

let portal: TestPortal;
let env: Record<string, string>;
setupWorkerProcess((made) => ({ portal, env } = made));

const importIn = (cwd: string, ...flags: string[]): Promise<Finished> =>
  runStarter(['import', 'people.csv', ...flags], { cwd, env });

const imported = (cwd: string, ...flags: string[]): Promise<Finished> =>
  importTwice(portal, () => importIn(cwd, ...flags));

let client: Client;

beforeAll(async () => {
  client = new Client({ connection: await Connection.connect({ address: inject('temporalAddress') }) });
});

afterAll(() => client.connection.close());

/** Resolves once the server lists so many onboardings of a batch as waiting, because `retry --batch` reads that list. */
async function untilWaiting(batchId: string, onboardings: number): Promise<void> {
  const query = `Batch = '${batchId}' AND OnboardingState = 'needs-attention' AND ExecutionStatus = 'Running'`;
  await untilCount(client.workflow, query, onboardings);
}

const noSeat = { kind: 'answer', status: 402, body: '{"status":1,"statusCode":402}' } as const;

describe('retry --batch', () => {
  it('continues with people who needed attention, and shows their new state', async () => {
    const people = rows('RoomAdmin', 'User');
    await portal.faults({ route: 'PUT /people/type/{type}', times: 2, does: noSeat });
    const { code, stdout } = await imported(folderWith(people), '--json');
    expect(code).toBe(5);
    const { batchId, toLookAt } = lastJson(stdout) as { batchId: string; toLookAt: Row[] };
    expect(toLookAt).toMatchObject([{ email: people[0]?.email, state: 'needs-attention', role: 'User' }]);

    await untilWaiting(batchId, 1);
    const retried = await runStarter(['retry', '--batch', batchId], { env });
    expect([retried.code, retried.stdout]).toEqual([0, expect.stringContaining('1 onboarding resumed: 1 onboarded')]);
    await untilWaiting(batchId, 0);
    const none = await runStarter(['retry', '--batch', batchId.slice('batch:'.length)], { env });
    expect([none.code, none.stdout]).toEqual([0, `No onboarding of ${batchId} needs attention.\n`]);
    const other = await runStarter(['retry', '--all', '--reason', 'certificate'], { env });
    expect([other.code, other.stdout]).toEqual([0, 'No onboarding needs attention because of certificate.\n']);
    const unknown = await runStarter(['retry', '--batch', '1f0c'], { env });
    expect([unknown.code, unknown.stderr]).toEqual([4, expect.stringContaining('no batch:1f0c is known')]);
    const shown = await runStarter(['status', '--batch', batchId, '--json'], { env });
    expect([shown.code, lastJson(shown.stdout)]).toMatchObject([0, { state: 'onboarded', counts: { onboarded: 2 } }]);
  });
});

describe('cancel --batch', () => {
  it('stops a batch after the people in progress, and prints the accounts that exist', async () => {
    const people = rows(...Array.from({ length: 120 }, () => 'User'));
    const cwd = folderWith(people);
    await portal.faults({ route: 'POST /people', does: { kind: 'hold' } });
    const detach = (): Promise<Finished> => importIn(cwd, '--detach', '--json');
    const started = await importOnce('the portal holds it', detach);
    const { batchId } = lastJson(started.stdout) as { batchId: string };
    await portal.reached('POST /people', 'received', 50);
    const cancelling = spawnProgram('starter', ['cancel', '--batch', batchId, '--json'], { env });
    const chunk = client.workflow.getHandle(chunkId(batchId, 0));
    await expect.poll(() => hasEvent(chunk, 'workflowExecutionCancelRequestedEventAttributes')).toBe(true);
    await portal.faults();
    await portal.release();
    const { code, stdout, stderr } = await cancelling.finished;
    expect(stderr).toMatch(/0 of 120/);
    expect([code, lastJson(stdout)]).toMatchObject([0, { state: 'cancelled', batchId }]);
    const made = (await portal.people()).filter(({ email }) => people.some((person) => person.email === email));
    expect(made.length).toBeLessThan(120);
    const result = await imported(cwd, '--json');
    expect(lastJson(result.stdout)).toMatchObject({ state: 'onboarded', counts: { onboarded: 120 } });
    expect(new Set(await createsOf(portal, people)).size).toBe(120);
    expect(await createsOf(portal, people)).toHaveLength(120);
  });

  it('leaves people who need attention, whom `cancel --batch` cancels although the batch has ended', async () => {
    const people = rows('RoomAdmin', 'User');
    await portal.faults({ route: 'PUT /people/type/{type}', times: 2, does: noSeat });
    const { batchId } = lastJson((await imported(folderWith(people), '--json')).stdout) as { batchId: string };
    const cancelled = await runStarter(['cancel', '--batch', batchId, '--json'], { env });
    expect([cancelled.code, lastJson(cancelled.stdout)]).toMatchObject([0, { counts: { onboarded: 1, cancelled: 1 } }]);
    const own = await runStarter(['status', people[0]?.email ?? '', '--json'], { env });
    expect(lastJson(own.stdout)).toMatchObject({ state: 'cancelled', role: 'User' });
    const again = await runStarter(['cancel', '--batch', batchId], { env });
    expect([again.code, again.stderr]).toEqual([4, expect.stringContaining('nothing to cancel')]);
  });

  it('leaves people whom `cancel --batch` cancels also if they were resumed meanwhile', async () => {
    const people = rows('RoomAdmin', 'User');
    await portal.faults({ route: 'PUT /people/type/{type}', times: 2, does: noSeat });
    const { batchId } = lastJson((await imported(folderWith(people), '--json')).stdout) as { batchId: string };
    await portal.faults({ route: 'PUT /people/type/{type}', when: 'before', does: { kind: 'hold' } });
    await untilWaiting(batchId, 1);
    const retrying = spawnProgram('starter', ['retry', '--batch', batchId], { env });
    await portal.reached('PUT /people/type/{type}', 'received');
    const cancelled = await runStarter(['cancel', '--batch', batchId, '--json'], { env });
    await portal.release();
    expect([cancelled.code, lastJson(cancelled.stdout)]).toMatchObject([0, { counts: { onboarded: 1, cancelled: 1 } }]);
    await retrying.finished;
  });
});
