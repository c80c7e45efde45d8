import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestPortal } from '../../support/portal.js';
import { add, ask, newcomer, nobody, read, remove, shown, typeIn, type Shown } from '../call-portal.js';

let folder: string;
let data: string;
let portal: TestPortal;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sandbox-'));
  data = join(folder, 'portal', 'people.jsonl');
  portal = await TestPortal.start({ data });
});

afterEach(async () => {
  await portal.close();
  rmSync(folder, { recursive: true });
});

async function restart(): Promise<void> {
  await portal.close();
  portal = await TestPortal.start({ data });
}

/** What a kill leaves of the file: all but so many bytes of its end. */
async function killWithout(bytes: number): Promise<void> {
  await portal.close();
  writeFileSync(data, readFileSync(data).subarray(0, -bytes));
  portal = await TestPortal.start({ data });
}

/** A restart listens on another port, which the links in a profile show. */
const withoutPorts = (person: Shown): unknown => JSON.parse(JSON.stringify(person).replaceAll(/:\d+\/accounts/g, ''));

const lastLine = (): string => readFileSync(data, 'utf8').split('\n').at(-2) ?? '';

describe('after a restart', () => {
  it('each key belongs to the same person', async () => {
    const { keys } = portal;
    const before = await shown(portal, 'GET /people/@self', undefined, 'roomAdmin');
    await restart();
    expect(portal.keys).toEqual(keys);
    expect(withoutPorts(await shown(portal, 'GET /people/@self', undefined, 'roomAdmin'))).toEqual(
      withoutPorts(before),
    );
  });

  it.each(['DocSpaceAdmin', 'RoomAdmin', 'User', 'Guest'])('a %s is unchanged', async (type) => {
    const before = await add(portal, type);
    await restart();
    expect(withoutPorts(await read(portal, before))).toEqual(withoutPorts(before));
    expect(await ask(portal, 'POST /people', newcomer({ email: before.email }))).toMatchObject({ status: 400 });
    expect(await shown(portal, 'POST /people', newcomer({ email: `${before.userName}@b.example` }))).toMatchObject({
      userName: `${before.userName}1`,
    });
  });

  it('changes persist', async () => {
    const [promoted, disabled, deleted] = [
      await add(portal, 'User'),
      await add(portal, 'User'),
      await add(portal, 'User'),
    ];
    await shown(portal, 'PUT /people/type/RoomAdmin', { userIds: [promoted.id] });
    await shown(portal, 'PUT /people/status/Terminated', { userIds: [disabled.id] });
    await remove(portal, deleted);
    await restart();
    expect(typeIn(await read(portal, promoted))).toBe('RoomAdmin');
    expect(await read(portal, disabled)).toMatchObject({ status: 2 });
    expect(await ask(portal, `GET /people/${deleted.id}`)).toMatchObject({ status: 404 });
    expect(await ask(portal, 'POST /people', newcomer({ email: deleted.email }))).toMatchObject({ status: 200 });
  });
});

it('groups and rooms persist with everybody in them', async () => {
  const person = await add(portal, 'User');
  const groups = await Promise.all(
    ['Teachers', 'Sales'].map((groupName) => shown(portal, 'POST /group', { groupName, members: [person.id] })),
  );
  await portal.raw('DELETE', `/group/${groups[1]!.id}`);
  const { id } = await shown(portal, 'POST /files/rooms', { title: 'Maths', roomType: 5 });
  const share = `/files/rooms/${id}/share`;
  await shown(portal, `PUT ${share}`, { invitations: [{ id: person.id, access: 10 }] });
  await restart();
  expect((await ask(portal, 'GET /group')).people).toMatchObject([{ name: 'Teachers', membersCount: 1 }]);
  expect((await ask(portal, `GET ${share}`)).people).toMatchObject([{ access: 1 }, { access: 10 }]);
});

describe('after a kill in the middle of a line', () => {
  it('only the change of that line is lost', async () => {
    const [first, second] = [await add(portal, 'User'), await add(portal, 'User')];
    await shown(portal, 'PUT /people/status/Terminated', { userIds: [first.id] });
    await killWithout(10);
    expect(await read(portal, first)).toMatchObject({ id: first.id, status: 1 });
    await shown(portal, 'PUT /people/status/Terminated', { userIds: [second.id] });
    await restart();
    expect(await read(portal, first)).toMatchObject({ id: first.id, status: 1 });
    expect(await read(portal, second)).toMatchObject({ status: 2 });
  });

  it('a create without its last statement has left a RoomAdmin', async () => {
    const guest = await add(portal, 'Guest');
    await killWithout(lastLine().length / 2);
    expect(typeIn(await read(portal, guest))).toBe('RoomAdmin');
    expect(await ask(portal, 'POST /people', newcomer({ email: guest.email }))).toMatchObject({
      status: 400,
      message: 'User with this email is already registered',
    });
  });
});

describe('the data file', () => {
  it('is readable only by its owner, because it contains the keys', () => {
    expect(statSync(data).mode & 0o777).toBe(0o600);
  });

  it('does not grow with a call that changes nothing', async () => {
    const { id } = await add(portal, 'User');
    const before = readFileSync(data, 'utf8');
    await ask(portal, `PUT /people/${id}`, { role: 'Manager' });
    await ask(portal, 'PUT /people/type/User', { userIds: [id] });
    await ask(portal, 'PUT /people/status/Terminated', { userIds: [id, nobody] });
    expect(readFileSync(data, 'utf8')).toBe(before);
  });

  it('can be empty', async () => {
    const empty = join(folder, 'empty');
    writeFileSync(empty, '');
    const other = await TestPortal.start({ data: empty });
    await other.close();
    expect(readFileSync(empty, 'utf8')).toContain(other.keys.owner);
  });

  it.each(['{"name":"x"}', '{"name":"x"}\n', 'plain text\n'])('with %j is refused and left unchanged', async (text) => {
    const foreign = join(folder, 'foreign');
    writeFileSync(foreign, text);
    await expect(TestPortal.start({ data: foreign })).rejects.toThrow(foreign);
    expect(readFileSync(foreign, 'utf8')).toBe(text);
  });
});
