import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../../src/sandbox/faults/faults.js';
import { TestPortal } from '../../support/portal.js';
import { add, ask, newcomer, nobody, read, shown, typeIn, userIds } from '../call-portal.js';
import { exchange, type Exchange } from '../raw-exchange.js';

let portal: TestPortal;

beforeEach(async () => {
  portal = await TestPortal.start();
});

afterEach(() => portal.close());

const route = 'POST /people';
const notFound = { status: 404, message: 'The user could not be found' };
const parsed = ({ body }: Exchange): unknown => JSON.parse(body.toString());
const person = (email: string): unknown => expect.objectContaining({ response: expect.objectContaining({ email }) });

/** A create as a User by the owner. */
async function create(email: string): Promise<Exchange> {
  return exchange(portal, 'POST', '/people', newcomer({ email, type: 'User' }));
}

const email = 'jane.roe@example.com';

describe.each(['before', 'after'] as const)('%s the call', (when) => {
  const whoWasAnswered = when === 'after' ? email : 'nobody@sandbox.example';
  const cases: [Fault['does'], (seen: Exchange) => void][] = [
    [{ kind: 'reset' }, (seen) => expect(seen).toMatchObject({ status: undefined, code: 'ECONNRESET' })],
    [
      { kind: 'answer', status: 502, headers: { 'content-type': 'text/html' }, body: '<html>' },
      (seen) => {
        expect(seen).toMatchObject({ status: 502, headers: { 'content-type': 'text/html' }, code: undefined });
        expect(seen.body.toString()).toBe('<html>');
      },
    ],
    [{ kind: 'answer', status: 401 }, (seen) => expect(seen).toMatchObject({ status: 401, body: Buffer.alloc(0) })],
    [{ kind: 'cut' }, (seen) => expectCut(seen)],
    [{ kind: 'cut', ends: 'fin' }, (seen) => expectCut(seen)],
    [
      { kind: 'garbled' },
      (seen) => {
        expect(seen).toMatchObject({ status: 200, code: undefined });
        expect(Number(seen.headers['content-length'])).toBe(seen.body.length);
        expect(() => parsed(seen)).toThrow(SyntaxError);
      },
    ],
    [
      { kind: 'huge' },
      (seen) => {
        expect(seen).toMatchObject({ status: 200, code: undefined });
        expect(seen.body.length).toBe(3_000_000);
        expect(parsed(seen)).toEqual(person(whoWasAnswered));
      },
    ],
    [
      { kind: 'bomb' },
      (seen) => {
        expect(seen).toMatchObject({ status: 200, headers: { 'content-encoding': 'gzip' } });
        expect(seen.body.length).toBeLessThan(200_000);
        expect(gunzipSync(seen.body).length).toBe(101_000_000);
      },
    ],
    [{ kind: 'other-profile' }, (seen) => expect(parsed(seen)).toEqual(person('ugo@sandbox.example'))],
    [
      { kind: 'other-profile', email: 'josé@x.example' },
      (seen) => expect(parsed(seen)).toEqual(person('josé@x.example')),
    ],
  ];

  function expectCut(seen: Exchange): void {
    expect(seen).toMatchObject({ status: 200, code: 'ECONNRESET' });
    expect(seen.body.length).toBe(Math.floor(Number(seen.headers['content-length']) / 2));
  }

  it.each(cases)('reaches the caller: %j', async (does, check) => {
    await portal.faults({ route, when, times: 1, does });
    check(await create(email));
    expect(await portal.withEmail(email)).toHaveLength(when === 'after' ? 1 : 0);
    expect(await portal.fired()).toEqual([1]);
    const fault = does.kind;
    expect(await portal.ledger()).toContainEqual(expect.objectContaining({ route, about: email, fault }));
    expect(await create('next@example.com')).toMatchObject({ status: 200, code: undefined });
  });

  it('slow sends one byte at a time after the headers', async () => {
    await portal.faults({ route, when, does: { kind: 'slow', every: 1 } });
    const seen = await exchange(portal, 'POST', '/people', newcomer({ email }), 5);
    expect(seen).toMatchObject({ status: 200, headers: { 'content-type': 'application/json; charset=utf-8' } });
    expect('{"response":'.startsWith(seen.body.toString())).toBe(true);
  });

  it('hang sends no answer', async () => {
    await portal.faults({ route, when, does: { kind: 'hang' } });
    const stop = new AbortController();
    const call = fetch(`${portal.url}/api/2.0/people`, {
      method: 'POST',
      headers: { authorization: `Bearer ${portal.keys.owner}`, 'content-type': 'application/json' },
      body: JSON.stringify(newcomer({ email })),
      signal: stop.signal,
    });
    await portal.reached(route, 'lost');
    stop.abort();
    await expect(call).rejects.toThrow('abort');
    expect(await portal.withEmail(email)).toHaveLength(when === 'after' ? 1 : 0);
  });

  it('hold sends the answer on release', async () => {
    await portal.faults({ route, when, does: { kind: 'hold' } });
    const call = create(email);
    await portal.reached(route, 'held');
    expect(await portal.withEmail(email)).toHaveLength(when === 'after' ? 1 : 0);
    await portal.release();
    expect(await call).toMatchObject({ status: 200 });
  });
});

it('lag hides an account only from reads by id', async () => {
  await portal.faults({ route, does: { kind: 'lag', reads: 2 } });
  const { id } = await shown(portal, route, newcomer({ email }));
  expect(await ask(portal, `GET /people/${id}`)).toMatchObject(notFound);
  expect(await shown(portal, `GET /people/email?email=${email}`)).toMatchObject({ id });
  expect(await ask(portal, `GET /people/${id}`)).toMatchObject(notFound);
  expect(await shown(portal, `GET /people/${id}`)).toMatchObject({ id });
});

describe('ignored', () => {
  it('answers a create with an account that does not exist', async () => {
    await portal.faults({ route, does: { kind: 'ignored' } });
    const { id } = await shown(portal, route, newcomer({ email }));
    expect(await ask(portal, `GET /people/${id}`)).toMatchObject(notFound);
    expect(await portal.calls('committed')).toEqual([]);
  });

  it('answers with a type that was not applied', async () => {
    const user = await add(portal, 'User');
    await portal.faults({ route: 'PUT /people/type/{type}', does: { kind: 'ignored' } });
    expect(typeIn(await shown(portal, 'PUT /people/type/RoomAdmin', userIds(user)))).toBe('RoomAdmin');
    expect(typeIn(await read(portal, user))).toBe('User');
  });
});

it.each([
  [{}, 'RoomAdmin', 'RoomAdmin'],
  [{ shows: 'asked' }, 'User', 'RoomAdmin'],
  [{ type: 'DocSpaceAdmin' }, 'DocSpaceAdmin', 'DocSpaceAdmin'],
] as const)('wrong-type %j shows a %s and makes a %s of a User', async (given, shows, makes) => {
  await portal.faults({ route, does: { kind: 'wrong-type', ...given } });
  const answered = await shown(portal, route, newcomer({ type: 'User' }));
  expect(typeIn(answered)).toBe(shows);
  expect(typeIn(await read(portal, answered))).toBe(makes);
});

describe('late', () => {
  const look = (): Promise<number> => ask(portal, `GET /people/email?email=${email}`).then(({ status }) => status);

  it('resets at once and commits on release', async () => {
    await portal.faults({ route, does: { kind: 'late' } });
    expect(await create(email)).toMatchObject({ code: 'ECONNRESET' });
    expect(await look()).toBe(404);
    await portal.release();
    expect(await look()).toBe(200);
    expect((await portal.ledger()).filter((line) => line.route === route)).toMatchObject([
      { phase: 'received' },
      { phase: 'lost', fault: 'late' },
      { phase: 'committed', fault: 'late' },
    ]);
  });

  it('commits after the given number of other calls', async () => {
    await portal.faults({ route, does: { kind: 'late', commitAfter: 2 } });
    await create(email);
    expect([await look(), await look(), await look()]).toEqual([404, 404, 200]);
  });
});

describe('a rule', () => {
  const does = { kind: 'answer', status: 503 } as const;
  const statuses = async (count: number): Promise<number[]> => {
    const calls = Array.from({ length: count }, () => ask(portal, 'GET /people/@self'));
    return (await Promise.all(calls)).map(({ status }) => status);
  };

  it('fires the given number of times, and is counted', async () => {
    await portal.faults({ route: 'GET /people/@self', times: 2, does }, { route: '*', times: 1, does });
    expect(await statuses(4)).toEqual([503, 503, 503, 200]);
    expect(await portal.fired()).toEqual([2, 1]);
  });

  it('recognises its person by e-mail or id', async () => {
    const [one, other] = [await add(portal, 'User'), await add(portal, 'User')];
    for (const about of [one.email, one.id.toUpperCase()]) {
      await portal.faults({ route: '*', about, does });
      for (const call of [`GET /people/${one.id}`, `GET /people/email?email=${one.email}`]) {
        expect(await ask(portal, call)).toMatchObject({ status: 503 });
      }
      expect(await ask(portal, 'PUT /people/type/RoomAdmin', userIds(one))).toMatchObject({ status: 503 });
      expect(await ask(portal, `GET /people/${other.id}`)).toMatchObject({ status: 200 });
    }
  });

  it('that has not fired reports zero', async () => {
    await portal.faults({ route, does: { kind: 'lag', reads: 1 } });
    await ask(portal, route, newcomer({ firstName: 'R2' }));
    expect(await portal.fired()).toEqual([0]);
  });
});

describe('a portal', () => {
  it.each([
    ['de', 'Der Benutzer konnte nicht gefunden werden'],
    ['ru', 'Пользователь не найден'],
    ['en', 'The user could not be found'],
  ] as const)('in %s translates its messages, but not "Access denied"', async (language, message) => {
    await portal.language(language);
    expect(await ask(portal, `GET /people/${nobody}`)).toMatchObject({ status: 404, message });
    expect(await ask(portal, route, newcomer(), 'guest')).toMatchObject({ status: 403, message: 'Access denied' });
  });

  it('can be told to keep no notes', async () => {
    await portal.quirks({ keepsNotes: false });
    const without = await shown(portal, route, newcomer({ comment: 'hello' }));
    expect(await read(portal, without)).not.toHaveProperty('notes');
    await portal.quirks({ keepsNotes: true });
    expect(await shown(portal, route, newcomer({ comment: 'hello' }))).toMatchObject({ notes: 'hello' });
  });

  it('sends an activation mail for POST /people only', async () => {
    await create(email);
    expect(await portal.withEmail(email)).toMatchObject([{ mails: 1 }]);
    const quiet = await add(portal, 'User');
    expect(await portal.withEmail(quiet.email)).toMatchObject([{ mails: 0 }]);
  });
});
