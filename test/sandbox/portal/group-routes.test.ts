import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestPortal } from '../../support/portal.js';
import { add, ask, newcomer, nobody, read, shown, userIds, type Shown } from '../call-portal.js';

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
