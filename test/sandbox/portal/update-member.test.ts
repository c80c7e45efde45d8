import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { SandboxOptions } from '../../../src/sandbox/server.js';
import { TestPortal } from '../../support/portal.js';
import { add, ask, denied, holders, nobody, read, self, shown, typeIn, userIds } from '../call-portal.js';

let portal: TestPortal;

beforeAll(async () => {
  portal = await TestPortal.start();
});

afterAll(() => portal.close());

async function another(options: Omit<SandboxOptions, 'port'>): Promise<TestPortal> {
  const other = await TestPortal.start(options);
  onTestFinished(() => other.close());
  return other;
}

/** Whom each key may disable, enable and change. */
const mayChange = [
  ['owner', ['DocSpaceAdmin', 'RoomAdmin', 'User', 'Guest']],
  ['docSpaceAdmin', ['RoomAdmin', 'User', 'Guest']],
  ['roomAdmin', []],
  ['user', []],
  ['guest', []],
] as const;
const types = ['DocSpaceAdmin', 'RoomAdmin', 'User', 'Guest'];

describe('PUT /people/{id} of somebody else', () => {
  it.each([
    { role: 'Manager' },
    { role: 'DocSpaceAdmin', type: 'DocSpaceAdmin' },
    { firstName: 'New', lastName: 'Name', email: 'new@example.com', comment: 'new', location: 'Riga' },
    {},
  ])('answers %j with a 200 and changes nothing', async (update) => {
    const person = await add(portal, 'User');
    expect(await ask(portal, `PUT /people/${person.id}`, update)).toMatchObject({ status: 200, people: [person] });
    expect(await read(portal, person)).toEqual(person);
  });

  it('disables and enables', async () => {
    const person = await add(portal, 'User');
    expect(await shown(portal, `PUT /people/${person.id}`, { disable: true })).toMatchObject({ status: 2 });
    expect(await shown(portal, `PUT /people/${person.id}`, { Disable: false })).toMatchObject({ status: 1 });
  });

  it.each([
    ['RoomAdmin', 'Guest', 'RoomAdmin'],
    ['User', 'Guest', 'User'],
    ['Guest', 'Guest', 'RoomAdmin'],
    ['DocSpaceAdmin', 'DocSpaceAdmin', 'DocSpaceAdmin'],
  ])('turns a %s into a %s with isUser, and into a %s without', async (type, withIt, without) => {
    const { id } = await add(portal, type);
    expect(typeIn(await shown(portal, `PUT /people/${id}`, { isUser: true }))).toBe(withIt);
    expect(typeIn(await shown(portal, `PUT /people/${id}`, { isUser: false }))).toBe(without);
  });

  it('finds the person by user name, too', async () => {
    const { userName } = await add(portal, 'User');
    expect(await shown(portal, `PUT /people/${userName}`, { disable: true })).toMatchObject({ userName, status: 2 });
  });

  it.each(mayChange)('lets the %s change %j', async (holder, allowed: readonly string[]) => {
    for (const type of types) {
      const { id } = await add(portal, type);
      const expected = allowed.includes(type) ? { status: 200, people: [{ status: 2 }] } : denied;
      const changed = await ask(portal, `PUT /people/${id}`, { disable: true }, holder);
      expect([type, changed]).toMatchObject([type, expected]);
    }
  });

  it('is a 403 for the owner, and a 404 for nobody', async () => {
    const { id } = await self(portal, 'owner');
    expect(await ask(portal, `PUT /people/${id}`, {}, 'docSpaceAdmin')).toMatchObject(denied);
    for (const word of [nobody, 'nobody']) {
      expect(await ask(portal, `PUT /people/${word}`, {})).toMatchObject({ status: 404 });
    }
  });

  it.each([
    ['no body', undefined, expect.any(String)],
    ['an empty body', '', expect.any(String)],
    ['a word for a flag', { disable: 'yes' }, '$.disable'],
    ['256 letters of name', { firstName: 'a'.repeat(256) }, 'UpdateMember.FirstName'],
  ])('with %s is refused', async (_, body, member: unknown) => {
    const { id } = await add(portal, 'User');
    expect(await ask(portal, `PUT /people/${id}`, body)).toMatchObject({ status: 400, refused: [member] });
  });
});

describe('PUT /people/{id} of oneself', () => {
  it.each(holders)('changes only names and comment of the %s', async (holder) => {
    const other = await another({});
    const before = await self(other, holder);
    const update = { firstName: 'Zoë', lastName: 'New', comment: 'me', email: 'z@example.com', disable: true };
    await shown(other, `PUT /people/${before.id}`, { ...update, isUser: true, role: 'Manager' }, holder);
    const { firstName, lastName, notes, ...rest } = await self(other, holder);
    expect({ firstName, lastName, notes }).toEqual({ firstName: 'Zoë', lastName: 'New', notes: 'me' });
    expect(rest).toMatchObject({ email: before.email, status: 1, userName: before.userName });
    expect(typeIn({ ...before, ...rest })).toBe(typeIn(before));
  });

  it('with a digit in the name is a 400', async () => {
    const { id } = await self(portal, 'user');
    const changed = await ask(portal, `PUT /people/${id}`, { firstName: 'R2' }, 'user');
    expect(changed).toMatchObject({ status: 400, message: 'Incorrect firstname or lastname' });
  });
});

describe('PUT /people/{id} with the documented role', () => {
  it.each([
    ['Manager', 'RoomAdmin'],
    ['RoomAdmin', 'RoomAdmin'],
    ['DocSpaceAdmin', 'DocSpaceAdmin'],
    ['User', 'User'],
    ['Guest', 'Guest'],
  ])('%s makes a %s', async (role, type) => {
    const documented = await another({ documentedRole: true });
    const person = await add(documented, type === 'User' ? 'RoomAdmin' : 'User');
    expect(typeIn(await shown(documented, `PUT /people/${person.id}`, { role }))).toBe(type);
    expect(typeIn(await read(documented, person))).toBe(type);
  });
});

describe('PUT /people/status/{status}', () => {
  it.each([
    ['Terminated', 2],
    ['terminated', 2],
    ['2', 2],
    ['Active', 1],
    ['1', 1],
  ])('%s sets %i, also twice', async (word, status) => {
    const people = [await add(portal, 'User'), await add(portal, 'RoomAdmin')];
    await shown(portal, `PUT /people/${people[0]?.id}`, { disable: status === 1 });
    for (const _ of ['once', 'again']) {
      expect(await ask(portal, `PUT /people/status/${word}`, userIds(...people))).toMatchObject({
        status: 200,
        people: people.map(({ id }) => ({ id, status })),
      });
    }
  });

  it.each(['Pending', '4', 'All', '7'])('%s is a 400', async (word) => {
    const changed = await ask(portal, `PUT /people/status/${word}`, userIds(await add(portal, 'User')));
    expect(changed).toMatchObject({ status: 400, message: 'Incorrect status' });
  });

  it.each(mayChange)('lets the %s change %j', async (holder, allowed: readonly string[]) => {
    for (const type of types) {
      const person = await add(portal, type);
      const expected = allowed.includes(type) ? { status: 200, people: [{ status: 2 }] } : denied;
      const changed = await ask(portal, 'PUT /people/status/Terminated', userIds(person), holder);
      expect([type, changed]).toMatchObject([type, expected]);
    }
  });

  it.each([
    ['oneself', async () => [await self(portal, 'docSpaceAdmin')]],
    ['the owner', async () => [await self(portal, 'owner')]],
    ['another administrator', async () => [await add(portal, 'DocSpaceAdmin')]],
    ['nobody', async () => [{ id: nobody }]],
  ])('refuses a whole list with %s before any change', async (_, who) => {
    const person = await add(portal, 'User');
    const list = userIds(person, ...(await who()));
    expect(await ask(portal, 'PUT /people/status/Terminated', list, 'docSpaceAdmin')).toMatchObject(denied);
    expect(await read(portal, person)).toMatchObject({ status: 1 });
  });
});

describe('DELETE /people/{id}', () => {
  it('refuses an active account', async () => {
    const person = await add(portal, 'User');
    const message = 'The user is not suspended';
    expect(await ask(portal, `DELETE /people/${person.id}`)).toMatchObject({ status: 403, message });
    expect(await read(portal, person)).toEqual(person);
  });

  it('answers with the account, and then with a 404', async () => {
    const person = await add(portal, 'User');
    const disabled = await shown(portal, `PUT /people/${person.id}`, { disable: true });
    expect(await shown(portal, `DELETE /people/${person.id}`)).toMatchObject({ id: disabled.id, status: 2 });
    expect(await ask(portal, `DELETE /people/${person.id}`)).toMatchObject({ status: 404 });
    expect(await ask(portal, `GET /people/${person.id}`)).toMatchObject({ status: 404 });
    expect(await portal.withEmail(person.email)).toEqual([]);
  });

  it.each(mayChange)('lets the %s change %j', async (holder, allowed: readonly string[]) => {
    for (const type of types) {
      const { id } = await add(portal, type);
      await shown(portal, `PUT /people/${id}`, { disable: true });
      const deleted = await ask(portal, `DELETE /people/${id}`, undefined, holder);
      expect([type, deleted]).toMatchObject([type, allowed.includes(type) ? { status: 200 } : denied]);
    }
  });
});
