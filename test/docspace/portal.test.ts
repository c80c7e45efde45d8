import { createServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { toFailure } from '../../src/activities/failures.js';
import { PortalError, type PortalErrorFacts } from '../../src/docspace/errors.js';
import { Portal } from '../../src/docspace/portal.js';
import { TestPortal } from '../support/portal.js';
import {
  answering,
  enveloped,
  errorBody,
  id,
  json,
  key,
  portalThat,
  profile,
  stopLater,
  stopServers,
} from './answering-portal.js';

/** The client over a real socket, against responses that the sandbox does not give. */

afterEach(stopServers);

async function failureOf(call: Promise<unknown>): Promise<PortalErrorFacts> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PortalError);
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(key);
  return (error as PortalError).facts;
}

describe('a request', () => {
  it('is sent once, with the key, only to the portal', async () => {
    const seen: [string | undefined, string | undefined, string | undefined][] = [];
    const portal = await portalThat((request, response) => {
      seen.push([request.method, request.url, request.headers.authorization]);
      response.writeHead(500, json).end(errorBody(500, 'no'));
    });
    await failureOf(portal.getUser(id));
    await failureOf(portal.updateRole(id, 'Manager'));
    expect(seen).toEqual([
      ['GET', `/api/2.0/people/${id}`, `Bearer ${key}`],
      ['PUT', `/api/2.0/people/${id}`, `Bearer ${key}`],
    ]);
  });

  it('accepts no compression and no cached response, and returns no cookie', async () => {
    const seen: unknown[] = [];
    const portal = await portalThat(({ headers }, response) => {
      seen.push([headers['accept-encoding'], headers['cache-control'], headers.cookie]);
      response.writeHead(200, { ...json, 'set-cookie': 'a=b; Path=/' }).end(enveloped(profile));
    });
    await portal.getUser(id);
    await portal.getUser(id);
    expect(seen).toEqual([
      ['identity', 'no-cache', undefined],
      ['identity', 'no-cache', undefined],
    ]);
  });

  it('sends nothing to an address that is not the portal’s', async () => {
    let calls = 0;
    const { origin } = await portalThat(() => calls++);
    const other = new Portal(origin.replace('//', '//me@'), key);
    expect(await failureOf(other.getUser(id))).toMatchObject({ route: 'GET /people/{id}' });
    expect(calls).toBe(0);
  });

  it('stays under its path if the id is a path', async () => {
    const seen: unknown[] = [];
    const portal = await portalThat(({ url }, response) => {
      seen.push(url);
      response.writeHead(404).end();
    });
    await failureOf(portal.getUser('../../settings?x#y'));
    expect(seen).toEqual(['/api/2.0/people/..%2F..%2Fsettings%3Fx%23y']);
  });

  it('ends at its deadline, wherever the portal stops', async () => {
    const silent = await portalThat(() => undefined);
    const halfway = await portalThat((_, response) => response.writeHead(200, json).write('{'));
    const failures = [silent, halfway].map(({ origin }) =>
      failureOf(new Portal(origin, key, { timeoutMs: 1_000 }).getUser(id)),
    );
    for (const facts of await Promise.all(failures)) {
      expect(facts).toMatchObject({ kind: 'unanswered', code: 'ETIMEDOUT' });
    }
  });

  it('ends when its signal aborts', async () => {
    const stop = new AbortController();
    const portal = await portalThat(() => stop.abort());
    expect(await failureOf(portal.getUser(id, stop.signal))).toMatchObject({ kind: 'aborted' });
  });

  it('sends nothing once it may no longer be sent', async () => {
    const seen: unknown[] = [];
    const portal = await portalThat((request, response) => {
      seen.push(request.method);
      response.writeHead(200, json).end(enveloped(profile));
    });
    const late = new Error('too late');
    const mayWrite = (): void => {
      throw late;
    };
    await expect(portal.updateRole(id, 'User', { mayWrite })).rejects.toBe(late);
    await portal.getUser(id);
    await expect(portal.updateRole(id, 'User', { mayWrite })).rejects.toBe(late);
    await portal.updateRole(id, 'User', { mayWrite: () => undefined });
    expect(seen).toEqual(['GET', 'PUT']);
  });

  it('that was never sent differs from one that may have happened', async () => {
    const closed = createTcpServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    const refused = new Portal(`http://127.0.0.1:${port}`, key);
    expect(await failureOf(refused.getUser(id))).toMatchObject({ kind: 'not-sent', code: 'ECONNREFUSED' });

    const unknown = new Portal('https://portal.invalid', key);
    expect(await failureOf(unknown.getUser(id))).toMatchObject({ kind: 'not-sent' });

    const reset = await portalThat(({ socket }) => socket.resetAndDestroy());
    expect(await failureOf(reset.getUser(id))).toMatchObject({ kind: 'unanswered', code: 'ECONNRESET' });
  });
});

describe('a response', () => {
  it('is read with a byte order mark and unknown members', async () => {
    const portal = await answering(200, json, `\uFEFF${enveloped({ ...profile, more: 1, notes: 'n' })}`);
    expect(await portal.getUser(id)).toEqual({
      id,
      firstName: '',
      lastName: '',
      email: 'john.doe@example.com',
      role: 'User',
      state: 'active',
      notes: 'n',
      groupIds: [],
    });
  });

  it('may contain null for a member without a value', async () => {
    const empty = {
      firstName: null,
      lastName: null,
      notes: null,
      groups: null,
      createdBy: null,
      registrationDate: null,
    };
    const portal = await answering(200, json, enveloped({ ...profile, ...empty, isOwner: null, isAdmin: null }));
    expect(await portal.getUser(id)).toMatchObject({ role: 'User', lastName: '', notes: '', groupIds: [] });
  });

  it.each<[string, number, Record<string, string>, string, Partial<PortalErrorFacts>]>([
    ['a login page', 200, { 'content-type': 'text/html' }, '<html>', { kind: 'not-a-portal' }],
    ['somebody else’s JSON', 200, json, '{"ok":true}', { kind: 'not-a-portal' }],
    ['cut-off JSON', 200, json, '{"response":{"id":"1d', { kind: 'unreadable' }],
    ['nothing', 200, json, '', { kind: 'unreadable' }],
    ['no content', 204, {}, '', { kind: 'unreadable', status: 204 }],
    ['an error in a 200', 200, json, errorBody(500, 'no'), { kind: 'unreadable' }],
    ['no profile', 200, json, enveloped({ name: 'x' }), { kind: 'unreadable' }],
    ['a profile without a role', 200, json, enveloped({ ...profile, isCollaborator: false }), { kind: 'unreadable' }],
    ['an id that is none', 200, json, enveloped({ ...profile, id: '7' }), { kind: 'unreadable' }],
    [
      'another id',
      200,
      json,
      enveloped({ ...profile, id: id.replace('1', '2') }),
      { kind: 'unreadable', code: 'another id' },
    ],
    ['a redirect', 302, { location: 'http://127.0.0.1:9/' }, '', { kind: 'redirect', status: 302 }],
    ['a bare refusal', 401, {}, '', { kind: 'status', status: 401, isPortalResponse: false }],
    [
      'a page from a proxy',
      502,
      { 'content-type': 'text/html' },
      '<html>',
      { kind: 'status', status: 502, isPortalResponse: false },
    ],
    [
      'a limit',
      429,
      { 'retry-after': '7', 'x-ratelimit-limit': '15' },
      '',
      { kind: 'status', status: 429, retryAfterMs: 7_000, rateLimit: 15 },
    ],
    [
      'a limit with a date',
      429,
      { 'retry-after': 'Thu, 01 Jan 2026 00:00:10 GMT', date: 'Thu, 01 Jan 2026 00:00:00 GMT' },
      '',
      { retryAfterMs: 10_000 },
    ],
    ['a limit that makes no sense', 429, { 'retry-after': '-5' }, '', { kind: 'status', status: 429 }],
    ['more than a day', 429, { 'retry-after': '999999999' }, '', { retryAfterMs: 86_400_000 }],
  ])('that is %s is reported as such', async (_, status, headers, body, facts) => {
    const portal = await answering(status, headers, body);
    expect(await failureOf(portal.getUser(id))).toMatchObject({ route: 'GET /people/{id}', ...facts });
  });

  it('of an error keeps the message without addresses and stack', async () => {
    const portal = await answering(400, json, errorBody(400, 'User disabled: john.doe@example.com'));
    const facts = await failureOf(portal.findByEmail('john.doe@example.com'));
    expect(facts).toEqual({
      kind: 'status',
      route: 'GET /people/email',
      status: 400,
      isPortalResponse: true,
      errorType: 'X',
      portalMessage: 'User disabled: …',
    });
  });

  it('that refuses fields gives their names', async () => {
    const body = {
      response: { errors: { FirstName: ['too long'] }, status: 400 },
      count: 1,
      status: 1,
      statusCode: 400,
    };
    const portal = await answering(400, json, JSON.stringify(body));
    expect(await failureOf(portal.getUser(id))).toMatchObject({
      portalMessage: 'it refused FirstName',
      isPortalResponse: true,
    });
  });

  it('of a limit names the next time, and no call is sent before', async () => {
    let calls = 0;
    const portal = await portalThat((_, response) => {
      calls++;
      response.writeHead(429, { 'retry-after': '60', 'x-ratelimit-limit': '10000' }).end();
    });
    const first = await failureOf(portal.getUser(id));
    expect(first.waitMs).toBeGreaterThanOrEqual(61_000);
    const second = await failureOf(portal.findByEmail('john.doe@example.com'));
    expect([second.kind, second.route, calls]).toEqual(['throttled', 'GET /people/email', 1]);
    expect(second.waitMs).toBeGreaterThan(30_000);
  });

  it('of a limit of a day pauses calls for five minutes, with a notice', async () => {
    const portal = await answering(429, { 'retry-after': '86400', 'x-ratelimit-limit': '10000' }, '');
    expect(portal.slowdown()).toBeUndefined();
    const { waitMs, retryAfterMs } = await failureOf(portal.getUser(id));
    expect(retryAfterMs).toBe(86_400_000);
    expect(waitMs).toBeLessThan(6 * 60_000);
    const { kind, slowdown } = await failureOf(portal.getUser(id));
    expect(kind).toBe('throttled');
    for (const notice of [slowdown, portal.slowdown()])
      expect(notice).toMatch(/^the portal asked for a pause, and calls continue in (?:2\d\d|300) s$/);
  });

  it('that is too large is cut off', async () => {
    const portal = await answering(200, json, 'x'.repeat(3 * 1024 * 1024));
    expect(await failureOf(portal.getUser(id))).toMatchObject({ kind: 'unreadable', code: 'too large' });
  });

  it('that is nested too deep cannot be read', async () => {
    const portal = await answering(200, json, enveloped(0).replace('0', '['.repeat(400_000) + ']'.repeat(400_000)));
    expect(await failureOf(portal.getUser(id))).toMatchObject({ kind: 'unreadable', code: 'not a profile' });
  });

  it('with a prototype member gives nobody a role', async () => {
    const body = enveloped(profile).replace('"status":1', '"status":1,"__proto__":{"isOwner":true,"isAdmin":true}');
    const portal = await answering(200, json, body);
    expect(await portal.getUser(id)).toMatchObject({ role: 'User' });
  });

  it('of 404 means “not found” only from the portal itself', async () => {
    const spoken = await answering(404, json, errorBody(404, 'The user could not be found'));
    expect(await spoken.findByEmail('john.doe@example.com')).toBeUndefined();
    const bare = await answering(404, {}, '');
    expect(await failureOf(bare.findByEmail('john.doe@example.com'))).toMatchObject({
      status: 404,
      isPortalResponse: false,
    });
  });
});

describe('the key', () => {
  it('follows no redirect to another host or port', async () => {
    const seen: unknown[] = [];
    const elsewhere = createServer((request, response) => {
      seen.push(request.headers);
      response.writeHead(200, json).end(enveloped(profile));
    }).listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    stopLater(() => elsewhere.close());
    const { port } = elsewhere.address() as AddressInfo;
    for (const status of [301, 302, 303, 307, 308]) {
      const portal = await answering(status, { location: `http://localhost:${port}/api/2.0/people/${id}` }, '');
      expect(await failureOf(portal.getUser(id))).toMatchObject({ kind: 'redirect', status });
      expect(await failureOf(portal.updateRole(id, 'User'))).toMatchObject({ kind: 'redirect', status });
    }
    expect(seen).toEqual([]);
  });

  it('is in no error, and neither is the person', async () => {
    const user = {
      firstName: 'Zcanary',
      lastName: 'Roe',
      email: 'zcanary@example.com',
      type: 'User',
      comment: 'x',
    } as const;
    const portals = [
      await portalThat(({ socket }) => void socket.resetAndDestroy()),
      await answering(200, json, '{"response":'),
      await answering(400, json, errorBody(400, 'zcanary@example.com is taken')),
      await answering(401, {}, ''),
      await answering(500, { 'content-type': 'text/html' }, 'zcanary'),
      new Portal('http://127.0.0.1:1', key),
      new Portal('https://portal.invalid', key),
    ];
    for (const portal of portals) {
      const thrown: unknown = await portal.createUser(user).catch((reason: unknown) => reason);
      const failure = toFailure(thrown as PortalError, portal.origin);
      for (const each of [thrown, failure]) {
        const shown = inspect(each, { depth: 20, showHidden: true, getters: true }) + JSON.stringify(each);
        expect(shown.toLowerCase()).not.toMatch(/zcanary|sk-canary/);
      }
    }
  });
});

describe('a role for many people', () => {
  let sandbox: TestPortal;
  afterEach(() => sandbox.close());

  it('takes one call and returns only people that were sent', async () => {
    sandbox = await TestPortal.start();
    const portal = sandbox.as('owner');
    const people = ['a', 'b', 'c'].map((name) => ({
      firstName: 'A',
      lastName: 'B',
      email: `${name}@example.com`,
      comment: '',
    }));
    const ids: string[] = [];
    for (const person of people) ids.push((await portal.createUser({ ...person, type: 'User' })).id);
    const raised = await portal.promoteAll([...ids, id], 'RoomAdmin');
    expect(raised.map((each) => [each.id, each.role])).toEqual(ids.map((each) => [each, 'RoomAdmin']));
    expect((await sandbox.calls()).filter((route) => route.startsWith('PUT'))).toEqual(['PUT /people/type/{type}']);
  });
});

describe('a password mail', () => {
  it('is requested by e-mail', async () => {
    const seen: unknown[] = [];
    const portal = await portalThat((request, response) => {
      request
        .setEncoding('utf8')
        .on('data', (body: string) => seen.push(request.method, request.url, JSON.parse(body)));
      response.writeHead(200, json).end(enveloped('The instruction has been sent'));
    });
    await portal.sendPasswordMail(profile.email);
    expect(seen).toEqual(['POST', '/api/2.0/people/password', { email: profile.email }]);
  });

  it('beyond its limit waits 15 minutes and slows no other call', async () => {
    const seen: unknown[] = [];
    const portal = await portalThat(({ method, url }, response) => {
      seen.push(method);
      if (url?.endsWith('/password')) response.writeHead(429, { 'x-ratelimit-limit': '5' }).end();
      else response.writeHead(200, json).end(enveloped(profile));
    });
    expect(await failureOf(portal.sendPasswordMail(profile.email))).toMatchObject({ status: 429, waitMs: 900_000 });
    const later = await failureOf(portal.sendPasswordMail(profile.email));
    expect(later.kind).toBe('throttled');
    expect(later.waitMs).toBeGreaterThan(800_000);
    await Promise.all(Array.from({ length: 20 }, () => portal.updateRole(id, 'User')));
    expect(seen).toEqual(['POST', ...Array.from({ length: 20 }, () => 'PUT')]);
  });
});
