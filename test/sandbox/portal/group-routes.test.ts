import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestPortal } from '../../support/portal.js';
import { add, ask, newcomer, nobody, read, shown, typeIn, userIds, type Shown } from '../call-portal.js';

let portal: TestPortal;

beforeEach(async () => {
  portal = await TestPortal.start();
});

afterEach(() => portal.close());

interface GroupShown {
  id: string;
  name: string;
  members: Shown[];
  membersCount: number;
}

async function group(route: string, body?: unknown): Promise<GroupShown> {
  return (await shown(portal, route, body)) as unknown as GroupShown;
}

const newGroup = (given: object = {}): Promise<GroupShown> => group('POST /group', { groupName: 'Sales', ...given });
const idsOf = ({ members }: GroupShown): string[] => members.map(({ id }) => id);

it('a group with the same name is another group', async () => {
  const [one, two] = [await newGroup(), await newGroup()];
  expect([one.name, two.name, one.id === two.id]).toEqual(['Sales', 'Sales', false]);
});

it('a group with an unknown member is not created', async () => {
  expect(await ask(portal, 'POST /group', { groupName: 'Sales', members: [nobody] })).toMatchObject({ status: 400 });
  expect((await ask(portal, 'GET /group')).people).toEqual([]);
});

it.each(['Guest', 'disabled'])('a group with a %s as a member is not created', async (kind) => {
  const person = await add(portal, kind === 'Guest' ? 'Guest' : 'User');
  if (kind === 'disabled') await shown(portal, 'PUT /people/status/Terminated', userIds(person));
  expect(await ask(portal, 'POST /group', { groupName: 'Sales', members: [person.id] })).toMatchObject({
    status: 400,
    message: 'The user could not be found',
  });
});

it.each(['', 'a'.repeat(129)])('a group cannot be named "%s"', async (groupName) => {
  expect(await ask(portal, 'POST /group', { groupName })).toMatchObject({ status: 400, refused: ['GroupName'] });
});

it('adding members skips guests, disabled and unknown people', async () => {
  const { id } = await newGroup();
  const [user, guest, disabled] = [await add(portal, 'User'), await add(portal, 'Guest'), await add(portal, 'User')];
  await shown(portal, 'PUT /people/status/Terminated', userIds(disabled));
  const members = [user.id, guest.id, disabled.id, nobody];
  expect(idsOf(await group(`PUT /group/${id}/members`, { members }))).toEqual([user.id]);
});

it('a member’s profile shows the groups', async () => {
  const { id } = await newGroup();
  const person = await shown(portal, 'POST /people', newcomer({ type: 'User', department: [id, nobody] }));
  expect(person).toMatchObject({ department: 'Sales', groups: [{ id, name: 'Sales' }] });
  expect(await ask(portal, `GET /group/user/${person.id}`)).toMatchObject({ people: [{ id, name: 'Sales' }] });
  const filtered = await ask(portal, `GET /people/filter?groupId=${id}`);
  expect(filtered.people.map((each) => each.id)).toEqual([person.id]);
});

it('an update renames, adds and removes', async () => {
  const [one, two] = [await add(portal, 'User'), await add(portal, 'User')];
  const { id } = await newGroup({ members: [one.id] });
  const update = { groupName: 'Support', membersToAdd: [two.id], membersToRemove: [one.id] };
  expect(await group(`PUT /group/${id}`, update)).toMatchObject({
    name: 'Support',
    membersCount: 1,
    members: [{ id: two.id }],
  });
  const tooLong = await ask(portal, `PUT /group/${id}`, { groupName: 'a'.repeat(129) });
  expect(tooLong).toMatchObject({ status: 400, refused: ['Update.GroupName'] });
});

it('members can be replaced, removed and moved', async () => {
  const [one, two] = [await add(portal, 'User'), await add(portal, 'User')];
  const [from, to] = [await newGroup({ members: [one.id] }), await newGroup()];
  expect(idsOf(await group(`POST /group/${from.id}/members`, { members: [two.id] }))).toEqual([two.id]);
  expect(idsOf(await group(`PUT /group/${from.id}/members/${to.id}`, {}))).toEqual([two.id]);
  expect(idsOf(await group(`DELETE /group/${to.id}/members`, { members: [two.id] }))).toEqual([]);
  expect(await ask(portal, `POST /group/${to.id}/members`, { members: [nobody] })).toMatchObject({ status: 400 });
});

it('a deleted group is a 204 and then a 404, and its members keep nothing of it', async () => {
  const person = await add(portal, 'User');
  const { id } = await newGroup({ members: [person.id] });
  expect((await portal.raw('DELETE', `/group/${id}`)).status).toBe(204);
  expect(await ask(portal, `DELETE /group/${id}`)).toMatchObject({
    status: 404,
    message: 'The group could not be found',
  });
  expect(await read(portal, person)).toMatchObject({ department: '' });
});

it('administrators write, RoomAdmins read, others do neither', async () => {
  const { id } = await newGroup();
  for (const [holder, reads, writes] of [
    ['docSpaceAdmin', 200, 200],
    ['roomAdmin', 200, 403],
    ['user', 403, 403],
    ['guest', 403, 403],
  ] as const) {
    expect(await ask(portal, `GET /group/${id}`, undefined, holder)).toMatchObject({ status: reads });
    expect(await ask(portal, `PUT /group/${id}/members`, { members: [] }, holder)).toMatchObject({ status: writes });
  }
});

it('a list is sorted, filtered by a part of the name, and read in pages', async () => {
  for (const groupName of ['Teachers 5b', 'teachers 5a', 'Sales']) await newGroup({ groupName });
  const names = async (query: string): Promise<unknown[]> =>
    (await ask(portal, `GET /group${query}`)).people.map(({ name }) => name);
  expect(await names('?filterValue=TEACH')).toEqual(['teachers 5a', 'Teachers 5b']);
  expect(await names('?filterValue=%25')).toEqual([]);
  expect(await names('?count=1&startIndex=1')).toEqual(['teachers 5a']);
  expect(await ask(portal, 'GET /group?count=101')).toMatchObject({ status: 400, refused: ['count'] });
});

it('a group can be read without its members', async () => {
  const { id } = await newGroup({ members: [(await add(portal, 'User')).id] });
  const withoutMembers = await group(`GET /group/${id}?includeMembers=false`);
  expect([withoutMembers.membersCount, withoutMembers.members]).toEqual([1, undefined]);
  expect(await ask(portal, 'GET /group/nope')).toMatchObject({ status: 404, message: undefined });
});

it('a person who is added and removed in one call is no member', async () => {
  const [{ id }, person] = [await newGroup(), await add(portal, 'User')];
  const update = { membersToAdd: [person.id], membersToRemove: [person.id] };
  expect(idsOf(await group(`PUT /group/${id}`, update))).toEqual([]);
});

it('adding without a list of members is a 500', async () => {
  const { id } = await newGroup();
  for (const body of [{}, { members: null }]) {
    expect(await ask(portal, `PUT /group/${id}/members`, body)).toMatchObject({ status: 500 });
  }
});

it('the manager becomes a member, and is no longer the manager after leaving', async () => {
  const [manager, guest] = [await add(portal, 'User'), await add(portal, 'Guest')];
  const { id } = await newGroup({ groupManager: manager.id });
  const set = (userId: string): Promise<GroupShown> => group(`PUT /group/${id}/manager`, { userId });
  expect(await set(guest.id)).toMatchObject({ manager: { id: manager.id }, members: [{ id: manager.id }] });
  expect((await ask(portal, `GET /group/user/${manager.id}`)).people).toMatchObject([{ manager: manager.userName }]);
  expect(await ask(portal, `PUT /group/${id}/manager`, { userId: nobody })).toMatchObject({ status: 404 });
  expect(await group(`DELETE /group/${id}/members`, { members: [manager.id] })).not.toHaveProperty('manager');
});

it('a disabled member is hidden, and keeps the group', async () => {
  const person = await add(portal, 'User');
  const { id } = await newGroup({ members: [person.id] });
  await shown(portal, 'PUT /people/status/Terminated', userIds(person));
  expect(await group(`GET /group/${id}`)).toMatchObject({ members: [], membersCount: 0 });
  expect((await ask(portal, `GET /group/user/${person.id}`)).people).toMatchObject([{ id }]);
});

it('a demotion to Guest removes the groups', async () => {
  const person = await add(portal, 'User');
  await newGroup({ members: [person.id] });
  await shown(portal, 'POST /people/type', { userId: person.id, type: 'Guest' });
  for (let reads = 0; reads < 2; reads++) await shown(portal, `GET /people/type/progress/${person.id}`);
  expect((await ask(portal, `GET /group/user/${person.id}`)).people).toEqual([]);
});

it('a system group is in no list, and adding somebody to it changes their type', async () => {
  const [id, person] = ['cd84e66b-b803-40fc-99f9-b2969a54a1de', await add(portal, 'RoomAdmin')];
  expect((await ask(portal, 'GET /group')).people).toEqual([]);
  expect(await group(`GET /group/${id}`)).toMatchObject({ isSystem: true });
  await group(`PUT /group/${id}/members`, { members: [person.id] });
  expect(typeIn(await read(portal, person))).toBe('DocSpaceAdmin');
});

it('an addition and a removal of one person at once give one 500', async () => {
  const [{ id }, person] = [await newGroup(), await add(portal, 'User')];
  const does = { kind: 'statement', statement: 'member', disturbed: 'hold' } as const;
  const route = 'PUT /group/{id}';
  const write = (change: object): ReturnType<typeof ask> => ask(portal, `PUT /group/${id}`, change);
  await newGroup({ members: [person.id] });
  await portal.faults({ route, about: person.email, times: 1, does });
  const first = write({ membersToAdd: [person.id] });
  await portal.reached(route, 'held');
  await portal.raw('PUT', `/group/${id}/members`, { members: [person.id] });
  expect(await write({ membersToRemove: [person.id] })).toMatchObject({ status: 500 });
  await portal.release();
  expect(await first).toMatchObject({ status: 200 });
});
