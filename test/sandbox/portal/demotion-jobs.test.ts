import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KeyHolder } from '../../../src/sandbox/portal/seed.js';
import { TestPortal } from '../../support/portal.js';
import { add, ask, denied, nobody, read, self, shown, typeIn, userIds, type Shown } from '../call-portal.js';

let portal: TestPortal;

beforeAll(async () => {
  portal = await TestPortal.start();
});

beforeEach(() => portal.faults());
afterAll(() => portal.close());

const route = 'POST /people/type';
const refusal = "You don't have enough permission to perform the operation";

interface Progress {
  id: string;
  error: string;
  percentage: number;
  isCompleted: boolean;
  status: number;
}

const demote = ({ id }: Shown, type: string, holder: KeyHolder = 'owner') =>
  ask(portal, route, { type, userId: id }, holder);

async function poll({ id }: { id: string }): Promise<Progress | undefined> {
  const answer = await portal.raw('GET', `/people/type/progress/${id}`);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { response?: Progress }).response;
}

async function finished(person: Shown): Promise<Progress | undefined> {
  await poll(person);
  return poll(person);
}

describe('POST /people/type', () => {
  it('starts a job', async () => {
    const person = await add(portal, 'RoomAdmin');
    expect(await demote(person, 'User')).toMatchObject({
      status: 200,
      people: [{ id: expect.any(String), error: '', percentage: 0, isCompleted: false, status: 1 }],
    });
    expect(await poll(person)).toMatchObject({ error: '', isCompleted: false, status: 1 });
    expect(await poll(person)).toMatchObject({ error: '', percentage: 100, isCompleted: true, status: 2 });
    expect(typeIn(await read(portal, person))).toBe('User');
  });

  it('ends when only the account is read', async () => {
    const person = await add(portal, 'RoomAdmin');
    await demote(person, 'User');
    expect(typeIn(await read(portal, person))).toBe('RoomAdmin');
    expect(typeIn(await read(portal, person))).toBe('User');
  });

  it('commits at the end of the job', async () => {
    const person = await add(portal, 'RoomAdmin');
    const phases = async () =>
      (await portal.ledger())
        .filter((line) => line.route === route && line.about === person.id)
        .map((line) => line.phase);
    await demote(person, 'Guest');
    expect(await phases()).toEqual(['received', 'answered']);
    await finished(person);
    expect(await phases()).toEqual(['received', 'answered', 'committed']);
  });

  it.each([
    ['DocSpaceAdmin', 'User', 'User'],
    ['DocSpaceAdmin', 'Guest', 'Guest'],
    ['RoomAdmin', 'User', 'User'],
    ['RoomAdmin', 'gUEST', 'Guest'],
    ['RoomAdmin', '4', 'User'],
    ['User', 'Guest', 'Guest'],
    ['User', 'User', 'User'],
    ['Guest', 'User', 'User'],
  ])('from %s to %s makes a %s', async (from, to, makes) => {
    const person = await add(portal, from);
    await demote(person, to);
    expect(await finished(person)).toMatchObject({ error: '', status: 2 });
    expect(typeIn(await read(portal, person))).toBe(makes);
  });

  it('to Guest removes the old type', async () => {
    const person = await add(portal, 'User');
    await demote(person, 'Guest');
    await finished(person);
    expect(typeIn(await shown(portal, `PUT /people/${person.id}`, { isUser: false }))).toBe('RoomAdmin');
  });

  it('by a RoomAdmin starts a job that fails', async () => {
    const person = await add(portal, 'User');
    expect(await demote(person, 'Guest', 'roomAdmin')).toMatchObject({ status: 200 });
    const progress = `GET /people/type/progress/${person.id}`;
    expect(await ask(portal, progress, undefined, 'roomAdmin')).toMatchObject(denied);
    expect(await finished(person)).toMatchObject({ error: refusal, isCompleted: true, status: 4 });
    expect(typeIn(await read(portal, person))).toBe('User');
  });

  it.each([
    ['to RoomAdmin', 'RoomAdmin', () => add(portal, 'User'), 'Can not update to RoomAdmin'],
    ['of oneself', 'User', () => self(portal, 'owner'), 'Can not update type'],
    ['of nobody', 'User', () => Promise.resolve({ id: nobody }), 'Can not update type'],
  ])('%s is a 400', async (_, type, who, message) => {
    const { id } = await who();
    expect(await ask(portal, route, { type, userId: id })).toMatchObject({ status: 400, message });
  });

  it.each(['User', 'Guest'])('refuses a %s as the heir of the rooms', async (type) => {
    const [person, heir] = [await add(portal, 'RoomAdmin'), await add(portal, type)];
    expect(await ask(portal, route, { type: 'User', userId: person.id, reassignUserId: heir.id })).toMatchObject({
      status: 400,
      message: `Can not reassign to user - ${heir.id}`,
    });
  });

  it('refuses a disabled account, and an administrator unless by the owner', async () => {
    const person = await add(portal, 'RoomAdmin');
    await shown(portal, 'PUT /people/status/Terminated', userIds(person));
    expect(await demote(person, 'User')).toMatchObject({ status: 400, message: 'Can not update type' });
    const admin = await demote(await add(portal, 'DocSpaceAdmin'), 'User', 'docSpaceAdmin');
    expect(admin).toMatchObject({ status: 400, message: 'Can not update type for admin' });
  });

  it.each(['user', 'guest'] as const)('is a 403 for the %s', async (holder) => {
    expect(await demote(await add(portal, 'User'), 'Guest', holder)).toMatchObject(denied);
  });

  it('has no progress without a job', async () => {
    expect(await poll({ id: nobody })).toBeUndefined();
  });

  it('can fail', async () => {
    const person = await add(portal, 'RoomAdmin');
    await portal.faults({ route, times: 1, does: { kind: 'job-fails', error: 'no room' } });
    await demote(person, 'User');
    expect(await finished(person)).toMatchObject({ error: 'no room', isCompleted: true, status: 4 });
    await demote(person, 'User');
    expect(await finished(person)).toMatchObject({ error: '', status: 2 });
  });

  it('can hang until release, as one job', async () => {
    const person = await add(portal, 'RoomAdmin');
    await portal.faults({ route, times: 1, does: { kind: 'job-hangs' } });
    await demote(person, 'User');
    await finished(person);
    expect((await demote(person, 'Guest')).people).toMatchObject([{ status: 1 }]);
    expect(await poll(person)).toMatchObject({ isCompleted: false, status: 1 });
    await portal.release();
    expect(await poll(person)).toMatchObject({ isCompleted: true, status: 2 });
    expect(typeIn(await read(portal, person))).toBe('User');
  });
});
