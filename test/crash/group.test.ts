import { Client, Connection } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { onboardingId } from '../../src/contract/onboarding.js';
import type { Fault } from '../../src/sandbox/faults/faults.js';
import { isHeartbeat, isReport } from './messages.js';
import { Stage } from './stage.js';

/** Kills a process in the middle of a group of an import: some of its people are done, and others are not. */

const people = 25;
const createRoute = 'POST /people';
const raiseRoute = 'PUT /people/type/{type}';
const lookUpRoute = 'GET /people/filter';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});

afterAll(() => stage.close());

interface Moment {
  faults(emails: readonly string[]): Fault[];
  /** Resolves once the group has stopped. */
  stopped(): Promise<unknown>;
  /** How many people are created then, and how many have the requested role: the first ones of the file. */
  created: number;
  raised: number;
  /** From this person on, the answer to a write is lost if the worker dies. */
  firstUnclear: number;
}

const hold = { kind: 'hold' } as const;

const moments = {
  'the look-up waits': {
    faults: () => [{ route: lookUpRoute, times: 1, does: hold }],
    stopped: () => stage.portal.reached(lookUpRoute, 'received'),
    created: 0,
    raised: 0,
    firstUnclear: people,
  },
  'half of the creates are answered': {
    faults: (emails) =>
      emails.slice(13).map((about) => ({ route: createRoute, about, when: 'after', times: 1, does: hold })),
    stopped: async () => {
      const isRecorded = isReport('answer');
      // The look-up and 13 creates.
      await stage.workerRelay.holdBack(
        (message, passed) => isRecorded(message) && passed.filter(isRecorded).length === 14,
      ).reached;
      await stage.portal.reached(createRoute, 'answered', 13);
      await stage.portal.reached(createRoute, 'held', people - 13);
      stage.workerRelay.release();
      await stage.workerRelay.holdBack(isHeartbeat).reached;
    },
    created: 13,
    raised: 0,
    firstUnclear: 13,
  },
  '7 of 25 people are raised': {
    faults: (emails) => [
      {
        route: raiseRoute,
        about: emails[7] ?? '',
        times: 1,
        does: { kind: 'statement', statement: 'commit', disturbed: 'hold' },
      },
    ],
    stopped: async () => {
      await stage.portal.reached(raiseRoute, 'held');
      await stage.workerRelay.holdBack(isHeartbeat).reached;
    },
    created: people,
    raised: 7,
    firstUnclear: 7,
  },
} satisfies Record<string, Moment>;

it.for([
  ['worker', 'the look-up waits'],
  ['worker', 'half of the creates are answered'],
  ['server', 'half of the creates are answered'],
  ['worker', '7 of 25 people are raised'],
  ['server', '7 of 25 people are raised'],
] as const)('onboards a group once if the %s is killed while %s', async ([victim, name]) => {
  const { portal } = stage;
  const moment: Moment = moments[name];
  const taskQueue = `group-${randomUUID()}`;
  const emails = Array.from({ length: people }, (_, index) => `${randomUUID()}.${index}@example.com`);
  const file = join(stage.folder, `${taskQueue}.csv`);
  const rows = emails.map((email) => `Pat,Doe,${email},RoomAdmin`);
  writeFileSync(file, ['first name,last name,email,role', ...rows, ''].join('\n'));
  const isInFile = ({ email }: { email: string }): boolean => emails.includes(email);

  const starter = stage.starter(taskQueue, ['import', file, '--json']);
  await starter.prints(/Started batch:/); // it has made its own look-up
  await portal.faults(...moment.faults(emails));
  const stopping = moment.stopped();
  let worker = await stage.startWorker(taskQueue);
  await Promise.race([stopping, starter.finished.then(({ stderr }) => Promise.reject(new Error(stderr)))]);

  const before = await portal.ledger();
  const created = before.flatMap(({ route, phase, about }) =>
    route === createRoute && phase === 'answered' && emails.includes(about) ? [about] : [],
  );
  const raised = (await portal.people()).flatMap(({ email, id, type }) =>
    type === 'RoomAdmin' && emails.slice(0, moment.raised).includes(email) ? [id] : [],
  );
  expect([created.length, raised.length]).toEqual([moment.created, moment.raised]);
  if (victim === 'worker') {
    await worker.kill('SIGKILL');
    stage.workerRelay.release();
    await portal.faults();
    worker = await stage.startWorker(taskQueue);
    // The portal carries out what had arrived only after the first read-back, which a slow machine may have made before.
    await Promise.race([portal.reached(lookUpRoute, 'answered'), portal.receives(30)]);
    await portal.release();
  } else {
    await stage.killServer();
    stage.workerRelay.release();
    await portal.release();
    await stage.startServer();
  }

  const { code, stdout, stderr } = await starter.finished;
  expect([code, stderr]).toEqual([0, expect.not.stringContaining('error')]);
  const outcome: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  expect(outcome).toMatchObject({ state: 'onboarded', people, counts: { onboarded: people } });
  expect((await worker.kill('SIGTERM')).code).toBe(0);

  const accounts = (await portal.people()).filter(isInFile);
  expect(accounts.map(({ email }) => email).toSorted()).toEqual(emails.toSorted());
  expect(accounts.filter(({ type, mails }) => type !== 'RoomAdmin' || mails !== 1)).toEqual([]);
  const later = (await portal.ledger()).slice(before.length);
  const repeated = later.filter(({ phase, route, about }) => {
    if (phase !== 'received') return false;
    return route === createRoute ? created.includes(about) : route === raiseRoute && raised.includes(about);
  });
  expect(repeated).toEqual([]);
  if (victim === 'worker') {
    expect(await handedOver(emails)).toEqual(expect.arrayContaining(emails.slice(moment.firstUnclear)));
  }
});

/** The people who have their own onboarding. */
async function handedOver(emails: readonly string[]): Promise<string[]> {
  const connection = await Connection.connect({ address: stage.address });
  try {
    const { workflow } = new Client({ connection });
    const described = await Promise.allSettled(
      emails.map((email) => workflow.getHandle(onboardingId(email)).describe()),
    );
    return emails.filter((_, index) => described[index]?.status === 'fulfilled');
  } finally {
    await connection.close();
  }
}
