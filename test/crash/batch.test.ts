import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Running } from '../support/starter.js';
import { Stage } from './stage.js';

/** Kills the starter, worker and server of an import in turn. The ledger of the portal decides when; the same batch continues. */

const people = 400;

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});

afterAll(() => stage.close());

function nameOf(index: number): string {
  return Array.from(String(index), (digit) => 'abcdefghij'[Number(digit)]).join('');
}

const emailOf = (index: number): string => `c${index}@example.com`;
const roleOf = (index: number): string => (index % 4 === 0 ? 'RoomAdmin' : 'User');

it('onboards everybody once while starter, worker and server are killed', async () => {
  const file = join(stage.folder, 'people.csv');
  const rows = Array.from({ length: people }, (_, index) =>
    ['Pat', nameOf(index), emailOf(index), roleOf(index)].join(','),
  );
  writeFileSync(file, ['first name,last name,email,role', ...rows].join('\n'));
  const taskQueue = randomUUID();
  const importing = (): Running => stage.starter(taskQueue, ['import', file, '--json']);
  const created = (count: number): Promise<void> => stage.portal.reached('POST /people', 'committed', count);

  let worker = await stage.startWorker(taskQueue);
  let starter = importing();
  await starter.prints(/Started batch:/);
  await created(60);
  await starter.kill('SIGKILL');
  starter = importing();
  await starter.prints(/is already being imported/);
  await created(150);
  await worker.kill('SIGKILL');
  worker = await stage.startWorker(taskQueue);
  await created(250);
  await stage.killServer();
  await stage.startServer();

  const { code, stdout, stderr } = await starter.finished;
  expect([code, stderr]).toEqual([0, expect.stringContaining('is already being imported')]);
  const outcome: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  expect(outcome).toMatchObject({ state: 'onboarded', people, counts: { onboarded: people } });

  const accounts = (await stage.portal.people()).filter(({ email }) => /^c\d+@/.test(email));
  expect(new Map(accounts.map(({ email, type }) => [email, type]))).toEqual(
    new Map(Array.from({ length: people }, (_, index) => [emailOf(index), roleOf(index)])),
  );
  expect(accounts).toHaveLength(people);
  expect(accounts.every(({ mails }) => mails === 1)).toBe(true);
  expect((await worker.kill('SIGTERM')).code).toBe(0);
});
