import type { Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { PortalError } from '../../../src/docspace/errors.js';
import { answering, enveloped, id, json, portalThat, profile, stopServers } from '../answering-portal.js';

afterEach(stopServers);

const user = { firstName: 'A', lastName: 'B', email: profile.email, type: 'User', comment: '' } as const;

async function factsOf(call: Promise<unknown>): Promise<unknown> {
  const error: unknown = await call.catch((reason: unknown) => reason);
  return error instanceof PortalError ? error.facts : error;
}

describe('101 Switching Protocols', () => {
  const upgrade = { upgrade: 'websocket', connection: 'Upgrade' };
  const switching = (timeoutMs: number) =>
    portalThat(
      ({ socket }) => {
        const head = Object.entries(upgrade).map(([name, value]) => `${name}: ${value}\r\n`);
        socket.write(`HTTP/1.1 101 Switching Protocols\r\n${head.join('')}\r\n`);
      },
      { timeoutMs },
    );

  it('ends at the deadline of the call', async () => {
    const portal = await switching(1_000);
    const timedOut = { kind: 'unanswered', code: 'ETIMEDOUT' };
    expect(await factsOf(portal.getUser(id))).toMatchObject(timedOut);
    expect(await factsOf(portal.createUser(user))).toMatchObject(timedOut);
  });

  it('ends when the worker stops', async () => {
    const portal = await switching(30_000);
    const stop = new AbortController();
    const calls = Array.from({ length: 15 }, () => factsOf(portal.createUser(user, { signal: stop.signal })));
    setTimeout(() => stop.abort(), 100);
    for (const facts of await Promise.all(calls)) expect(facts).toMatchObject({ kind: 'aborted' });
  });
});

describe('a portal that closes idle connections', () => {
  /** Resets each request that comes on a connection that has carried one before, as if it had just closed it. */
  async function closingPortal(): Promise<{ portal: Awaited<ReturnType<typeof answering>>; seen: string[] }> {
    const used = new WeakSet<Socket>();
    const seen: string[] = [];
    const portal = await portalThat((request, response) => {
      const { socket, method } = request;
      if (used.has(socket)) return void socket.resetAndDestroy();
      used.add(socket);
      seen.push(method ?? '');
      response.writeHead(200, json).end(enveloped(method === 'PUT' ? [profile] : profile));
    });
    return { portal, seen };
  }

  it('makes no create and no role change unclear', async () => {
    const { portal, seen } = await closingPortal();
    for (let i = 0; i < 5; i++) {
      await portal.createUser(user);
      await portal.promote(id, 'RoomAdmin');
    }
    expect(seen).toHaveLength(10);
  });

  it('makes no read fail', async () => {
    const { portal, seen } = await closingPortal();
    for (let i = 0; i < 5; i++) await portal.getUser(id);
    expect(seen).toEqual(['GET', 'GET', 'GET', 'GET', 'GET']);
  });
});

it('a read on a new connection that is reset is not sent again', async () => {
  let requests = 0;
  const portal = await portalThat(({ socket }) => {
    requests++;
    socket.resetAndDestroy();
  });
  expect(await factsOf(portal.getUser(id))).toMatchObject({ kind: 'unanswered', code: 'ECONNRESET' });
  expect(requests).toBe(1);
});

describe('a call that has ended', () => {
  it('leaves nothing in memory', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const portal = await answering(200, json, enveloped(profile));
    const megabytesAfter = async (calls: number): Promise<number> => {
      for (let i = 0; i < calls; i++) await portal.getUser(id, new AbortController().signal);
      collectGarbage();
      return process.memoryUsage().heapUsed / 1e6;
    };
    const before = await megabytesAfter(100);
    expect((await megabytesAfter(500)) - before).toBeLessThan(5);
  });
});
