import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { chunkId } from '../../../src/contract/batch.js';
import { folderWith, lastJson, rows, type Row } from '../../support/import-files.js';
import { importOnce, importTwice } from '../../support/imports.js';
import { TestPortal } from '../../support/portal.js';
import { processEnv, setupWorkerProcess } from '../../support/scene.js';
import { runStarter, spawnProgram, type Finished, type Running } from '../../support/starter.js';
import { hasEvent, untilListed } from '../../support/temporal.js';

/** Commands about one person, during and after an import. */

let portal: TestPortal;
let env: Record<string, string>;
setupWorkerProcess((made) => ({ portal, env } = made));

let client: Client;

beforeAll(async () => {
  client = new Client({ connection: await Connection.connect({ address: inject('temporalAddress') }) });
});

afterAll(() => client.connection.close());

const importIn = (cwd: string, ...flags: string[]): Promise<Finished> =>
  runStarter(['import', 'people.csv', ...flags], { cwd, env });

const imported = (cwd: string, ...flags: string[]): Promise<Finished> =>
  importTwice(portal, () => importIn(cwd, ...flags));

/** The chunk of an import, once the server lists it. The commands look for it in that list. */
async function listedChunk(importing: Running): Promise<WorkflowHandle> {
  await importing.prints(/Started batch:[\da-f]+:/);
  const [, batchId = ''] = /Started (batch:[\da-f]+)/.exec(importing.stderr) ?? [];
  return listedChunkOf(batchId);
}

async function listedChunkOf(batchId: string): Promise<WorkflowHandle> {
  const chunk = client.workflow.getHandle(chunkId(batchId, 0));
  await untilListed(chunk);
  return chunk;
}

describe('a person in an import', () => {
  it('is known to status, history and role afterwards', async () => {
    const people = rows('RoomAdmin');
    const email = people[0]?.email ?? '';
    const { stdout } = await imported(folderWith(people), '--json');
    const { batchId } = lastJson(stdout) as { batchId: string };
    const shown = await runStarter(['status', email, '--json'], { env });
    expect([shown.code, lastJson(shown.stdout)]).toMatchObject([
      0,
      { email, batch: batchId, state: 'onboarded', role: 'RoomAdmin', now: { role: 'RoomAdmin' } },
    ]);
    const history = await runStarter(['status', email, '--history', '--json'], { env });
    expect(JSON.parse(history.stdout)).toMatchObject([{ role: 'RoomAdmin', by: batchId, state: 'applied' }]);
    expect((await runStarter(['role', email, 'User'], { env })).code).toBe(0);
    expect(await portal.withEmail(email)).toMatchObject([{ type: 'User' }]);
  });

  it.each([
    ['role', 'User', (email: string) => ['role', email, 'User']],
    [
      'onboard',
      'RoomAdmin',
      (email: string) => ['onboard', '--first-name=Jane', '--last-name=Roe', '--role=RoomAdmin', `--email=${email}`],
    ],
  ] as const)('leaves the chunk if `%s` comes before it has finished with them', async (_name, type, argsFor) => {
    const people = rows('RoomAdmin', 'User');
    const email = people[0]?.email ?? '';
    await portal.faults({ route: 'POST /people', times: 1, about: email, does: { kind: 'hold' } });
    const importing = spawnProgram('starter', ['import', 'people.csv', '--json'], { cwd: folderWith(people), env });
    await portal.reached('POST /people', 'received');
    const chunk = await listedChunk(importing);
    const changing = spawnProgram('starter', argsFor(email), { env });
    await expect.poll(() => hasEvent(chunk, 'workflowExecutionUpdateAcceptedEventAttributes')).toBe(true);
    await portal.release();
    expect((await changing.finished).code).toBe(0);
    await importing.finished;
    expect(await portal.withEmail(email)).toMatchObject([{ type }]);
  });

  it('is cancelled during the create: the account is kept, printed, and not raised', async () => {
    const people = rows('RoomAdmin', 'User');
    const email = people[0]?.email ?? '';
    await portal.faults({ route: 'POST /people', about: email, does: { kind: 'hold' } });
    const importing = spawnProgram('starter', ['import', 'people.csv', '--json'], { cwd: folderWith(people), env });
    await portal.reached('POST /people', 'received', 2);
    const chunk = await listedChunk(importing);
    const cancelling = spawnProgram('starter', ['cancel', email], { env });
    await expect.poll(() => hasEvent(chunk, 'workflowExecutionUpdateAcceptedEventAttributes')).toBe(true);
    await portal.faults();
    await portal.release();
    const { code, stdout } = await cancelling.finished;
    expect([code, stdout]).toEqual([0, expect.stringContaining(`${email}: cancelled, by an import`)]);
    expect(stdout).toContain('User (requested: RoomAdmin)');
    const ended = await importing.finished;
    expect([ended.code, lastJson(ended.stdout)]).toMatchObject([4, { counts: { onboarded: 1, cancelled: 1 } }]);
    expect(await portal.withEmail(email)).toMatchObject([{ type: 'User' }]);
  });

  it('has a history that includes a role which a later import changed', async () => {
    const people = rows('User');
    const [{ email }] = people as [Row];
    expect((await imported(folderWith(people))).code).toBe(0);
    expect((await imported(folderWith([{ email, role: 'RoomAdmin' }]))).code).toBe(0);
    const history = await runStarter(['status', email, '--history', '--json'], { env });
    expect(JSON.parse(history.stdout)).toMatchObject([
      { role: 'User', state: 'applied' },
      { role: 'RoomAdmin', from: 'User', state: 'applied', by: expect.stringContaining('batch:') },
    ]);
  });

  it('that another open import wants with another role is refused', async () => {
    const people = rows('User');
    await portal.faults({ route: 'POST /people', times: 1, does: { kind: 'hold' } });
    const first = spawnProgram('starter', ['import', 'people.csv', '--json'], { cwd: folderWith(people), env });
    await portal.reached('POST /people', 'received');
    await listedChunk(first);
    const second = await imported(folderWith([{ email: people[0]?.email ?? '', role: 'Manager' }]));
    expect([second.code, second.stderr]).toEqual([7, expect.stringMatching(/batch:[\da-f]+ is open and requests/)]);
    await portal.release();
    expect((await first.finished).code).toBe(0);
  });
});

describe('status of somebody in an open import', () => {
  it('shows that import, and not an earlier one', async () => {
    const people = rows('User');
    await imported(folderWith(people));
    await portal.faults({ route: 'POST /people', when: 'before', does: { kind: 'hold' } });
    const cwd = folderWith([...people, ...rows('User')]);
    const started = await importOnce('the portal holds it', () => importIn(cwd, '--detach', '--json'));
    const { batchId } = lastJson(started.stdout) as { batchId: string };
    await portal.reached('POST /people', 'received');
    await listedChunkOf(batchId);
    const shown = await runStarter(['status', people[0]!.email, '--json'], { env });
    expect(lastJson(shown.stdout)).toMatchObject({ batch: batchId });
    await portal.faults();
    await portal.release();
    expect((await imported(cwd)).code).toBe(0);
  });

  it('is exit 6 if no worker answers', async () => {
    const alone = processEnv(portal);
    const people = rows('User');
    const cwd = folderWith(people);
    const detach = (): Promise<Finished> =>
      runStarter(['import', 'people.csv', '--detach', '--json'], { cwd, env: alone });
    const { stdout } = await importOnce('no worker runs', detach);
    await listedChunkOf((lastJson(stdout) as { batchId: string }).batchId);
    const shown = await runStarter(['status', people[0]!.email], { env: alone });
    expect([shown.code, shown.stderr]).toEqual([6, expect.stringContaining('npm run worker')]);
  });
});
