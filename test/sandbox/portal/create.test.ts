import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestPortal } from '../../support/portal.js';
import { add, ask, denied, holders, newcomer, read, shown, typeIn } from '../call-portal.js';

let portal: TestPortal;

beforeAll(async () => {
  portal = await TestPortal.start();
});

afterAll(() => portal.close());

const letters = (count: number): string => 'a'.repeat(count);

describe('the type of a new account', () => {
  const types: [unknown, string][] = [
    [undefined, 'RoomAdmin'],
    ['All', 'RoomAdmin'],
    [0, 'RoomAdmin'],
    ['RoomAdmin', 'RoomAdmin'],
    [1, 'RoomAdmin'],
    ['User', 'User'],
    ['uSER', 'User'],
    [4, 'User'],
    ['DocSpaceAdmin', 'DocSpaceAdmin'],
    [3, 'DocSpaceAdmin'],
    ['RoomAdmin, Guest', 'DocSpaceAdmin'],
  ];

  it.each(types)('POST /people turns type %j into %s', async (type, made) => {
    expect(typeIn(await shown(portal, 'POST /people', newcomer({ type })))).toBe(made);
  });

  it.each([...types, ['Guest', 'Guest'], [2, 'Guest']])(
    'POST /people/active turns type %j into %s',
    async (type, made) => {
      expect(typeIn(await shown(portal, 'POST /people/active', newcomer({ type })))).toBe(made);
    },
  );

  it('does not depend on isUser', async () => {
    expect(typeIn(await shown(portal, 'POST /people', newcomer({ type: 'User', isUser: false })))).toBe('User');
    expect(typeIn(await shown(portal, 'POST /people', newcomer({ isUser: true })))).toBe('RoomAdmin');
  });
});

describe('who may create', () => {
  it.each([
    [undefined, ['owner', 'docSpaceAdmin']],
    ['RoomAdmin', ['owner', 'docSpaceAdmin']],
    ['User', ['owner', 'docSpaceAdmin', 'roomAdmin']],
    ['DocSpaceAdmin', ['owner']],
    ['Guest', []],
  ])('POST /people with type %j is allowed for %j', async (type, allowed: string[]) => {
    for (const holder of holders) {
      const created = await ask(portal, 'POST /people', newcomer({ type }), holder);
      expect([holder, created]).toMatchObject([holder, allowed.includes(holder) ? { status: 200 } : denied]);
    }
  });

  it.each([
    ['owner', 200],
    ['docSpaceAdmin', 200],
    ['roomAdmin', 200],
    ['user', 403],
    ['guest', 403],
  ] as const)('POST /people/active of a Guest by the %s is a %i', async (holder, status) => {
    expect(await ask(portal, 'POST /people/active', newcomer({ type: 'Guest' }), holder)).toMatchObject({ status });
  });
});

describe('the profile of a new account', () => {
  it('is active and unconfirmed, and shows its type only by flags', async () => {
    const email = 'john.doe@example.com';
    const created = await shown(portal, 'POST /people', { firstName: 'John', lastName: 'Doe', email, comment: 'new' });

    expect(created).toMatchObject({
      firstName: 'John',
      lastName: 'Doe',
      userName: 'john.doe',
      email,
      status: 1,
      activationStatus: 2,
      department: '',
      notes: 'new',
      isAdmin: false,
      isRoomAdmin: true,
      isOwner: false,
      isVisitor: false,
      isCollaborator: false,
      isLDAP: false,
      isSSO: false,
      mobilePhoneActivationStatus: 0,
      displayName: 'John Doe',
      hasAvatar: false,
      isAnonim: false,
      id: expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/),
      registrationDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}(Z|[+-]\d\d:\d\d)$/),
    });
    for (const member of ['type', 'role', 'terminated', 'groups']) expect(created).not.toHaveProperty(member);
  });

  it('has no empty members', async () => {
    expect(await shown(portal, 'POST /people', newcomer())).not.toHaveProperty('notes');
  });

  it('shows its creator only to administrators', async () => {
    const created = await shown(portal, 'POST /people', newcomer({ type: 'User' }), 'roomAdmin');
    expect(created).not.toHaveProperty('createdBy');
    expect(await read(portal, created)).toMatchObject({ createdBy: { displayName: 'Rosa Room' } });
  });

  it('has plain names and an HTML-encoded display name', async () => {
    const created = await shown(portal, 'POST /people', newcomer({ firstName: 'Zoë Ann-Lee', lastName: "O'Brien" }));
    expect(created).toMatchObject({ lastName: "O'Brien", displayName: 'Zo&#235; Ann-Lee O&#39;Brien' });
  });

  it('can have an empty last name', async () => {
    expect(await shown(portal, 'POST /people', newcomer({ lastName: '' }))).toMatchObject({ displayName: 'Jane' });
  });

  it('keeps the case of its e-mail, but no spaces around it', async () => {
    const created = await shown(portal, 'POST /people', newcomer({ email: ' MiXed@Example.com ' }));
    expect(created.email).toBe('MiXed@Example.com');
  });

  it('gets its user name from the e-mail, with a number if it is taken', async () => {
    const names: string[] = [];
    for (const place of ['one', 'two', 'three']) {
      names.push((await shown(portal, 'POST /people', newcomer({ email: `smith@${place}.example` }))).userName);
    }
    expect(names).toEqual(['smith', 'smith1', 'smith2']);
  });
});

describe('a create', () => {
  it('accepts member names in any case, and ignores unknown members', async () => {
    const body = { FirstName: 'Jane', LASTNAME: 'Roe', eMail: 'any.case@example.com', TYPE: 'User', title: 'Dr', x: 1 };
    const created = await shown(portal, 'POST /people', body);
    expect(created).toMatchObject({ firstName: 'Jane', lastName: 'Roe', email: 'any.case@example.com' });
    expect(typeIn(created)).toBe('User');
  });

  it.each([
    ['half an object', '$.firstName', '{"firstName":'],
    ['an unknown type', '$.type', newcomer({ type: 'Manager' })],
    ['a number for a name', '$.firstName', newcomer({ firstName: 5 })],
    ['256 letters of first name', 'FirstName', newcomer({ firstName: letters(256) })],
    ['256 letters of last name', 'LastName', newcomer({ lastName: letters(256) })],
    ['256 letters of e-mail', 'Email', newcomer({ email: `${letters(246)}@a.example` })],
    ['an e-mail without @', 'Email', newcomer({ email: 'jane' })],
    ['an e-mail that starts with @', 'Email', newcomer({ email: '@example.com' })],
    ['an e-mail that ends with @', 'Email', newcomer({ email: 'jane@' })],
    ['an e-mail with two @', 'Email', newcomer({ email: 'jane@roe@example.com' })],
  ])('with %s is refused for %s', async (_, member, body) => {
    expect(await ask(portal, 'POST /people', body)).toMatchObject({ status: 400, refused: [member] });
  });

  it.each([undefined, '', 'null'])('with the body %j is refused', async (body) => {
    expect(await ask(portal, 'POST /people', body)).toMatchObject({ status: 400, refused: [expect.any(String)] });
  });

  const badName = 'Incorrect firstname or lastname';

  it.each([
    ['no first name', 400, { firstName: undefined }, "Value cannot be null. (Parameter 'input')"],
    ['an empty first name', 400, { firstName: '' }, badName],
    ['a digit in the first name', 400, { firstName: 'J4ne' }, badName],
    ['a dot in the first name', 400, { firstName: 'J.' }, badName],
    ['a digit in the last name', 400, { lastName: 'Roe 2' }, badName],
    ['no e-mail', 400, { email: undefined }, expect.stringContaining('Value cannot be null.')],
    ['a letter beyond the BMP', 400, { firstName: '𠮷' }, badName],
    ['an e-mail that cannot be parsed', 500, { email: 'jane..roe@example.com' }, expect.any(String)],
    ['65 letters of first name', 400, { firstName: letters(65) }, expect.stringContaining("'64'")],
    ['65 letters of last name', 400, { lastName: letters(65) }, expect.stringContaining("'64'")],
    ['513 letters of comment', 400, { comment: letters(513) }, expect.stringContaining("'512'")],
    ['a short password', 400, { password: 'short' }, expect.stringContaining('Password')],
    ['no last name', 500, { lastName: undefined }, expect.any(String)],
  ])('with %s is a %i', async (_, status, given, message: unknown) => {
    expect(await ask(portal, 'POST /people', newcomer(given))).toMatchObject({ status, message });
  });

  it('checks the body, then rights, then contents', async () => {
    expect(await ask(portal, 'POST /people', newcomer({ type: 'Manager' }), 'guest')).toMatchObject({ status: 400 });
    expect(await ask(portal, 'POST /people', newcomer({ firstName: 'J4ne' }), 'guest')).toMatchObject(denied);
  });

  it('checks the e-mail, then names, then duplicates, then lengths', async () => {
    const { email } = await add(portal, 'User');
    const firstName = 'J4ne';
    expect(await ask(portal, 'POST /people', newcomer({ email: 'a..b@c', firstName }))).toMatchObject({ status: 500 });
    expect(await ask(portal, 'POST /people', newcomer({ email, firstName }))).toMatchObject({ message: badName });
    const long = newcomer({ email, firstName: letters(65) });
    expect(await ask(portal, 'POST /people', long)).toMatchObject({ status: 400 });
  });
});

describe('an e-mail that is taken', () => {
  const taken = { status: 400, message: 'User with this email is already registered' };

  it.each(['POST /people', 'POST /people/active'])('is a 400 of %s, in upper or lower case', async (route) => {
    const { email } = await add(portal, 'User');
    expect(await ask(portal, route, newcomer({ email }))).toMatchObject(taken);
    expect(await ask(portal, route, newcomer({ email: email.toUpperCase() }))).toMatchObject(taken);
    expect(await portal.withEmail(email)).toHaveLength(1);
  });

  it('stays taken by a disabled account, and is free after its deletion', async () => {
    const { id, email } = await add(portal, 'User');
    await shown(portal, 'PUT /people/status/Terminated', { userIds: [id] });
    expect(await ask(portal, 'POST /people', newcomer({ email }))).toMatchObject(taken);
    await shown(portal, `DELETE /people/${id}`);
    const again = await shown(portal, 'POST /people', newcomer({ email }));
    expect(again.id).not.toBe(id);
  });
});
