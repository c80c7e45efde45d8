import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PortalError, type PortalErrorFacts } from '../../../src/docspace/errors.js';
import { Portal } from '../../../src/docspace/portal.js';
import { classify } from '../../../src/docspace/verdict.js';
import { Authority } from '../../support/certificates.js';
import { enveloped, id, json, key, portalThat, profile, stopServers } from '../answering-portal.js';

/** A portal over HTTPS with a certificate of its own authority, and an HTTP proxy. */

const program = fileURLToPath(new URL('create-user.mjs', import.meta.url));
const authority = new Authority();
const requests: (string | undefined)[] = [];
const tunnels: string[] = [];
let portal: Server;
let proxy: Server;
let origin: string;
let proxyUrl: string;

beforeAll(async () => {
  const { cert, key: certKey } = authority.issue('localhost');
  portal = createHttpsServer({ cert: readFileSync(cert), key: readFileSync(certKey) }, (request, response) => {
    requests.push(request.method);
    response.writeHead(200, json).end(enveloped(profile));
  });
  proxy = createServer((_, response) => response.writeHead(400).end());
  proxy.on('connect', ({ url = '' }, socket) => {
    tunnels.push(url);
    const target = connect(Number(url.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(target).pipe(socket);
    });
    for (const side of [socket, target]) side.on('error', () => target.destroy() && socket.destroy());
  });
  origin = `https://localhost:${await listen(portal)}`;
  proxyUrl = `http://127.0.0.1:${await listen(proxy)}`;
});

beforeEach(() => {
  requests.length = 0;
  tunnels.length = 0;
});

afterEach(stopServers);

afterAll(() => {
  portal.close();
  proxy.close();
});

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

/** The program with this authority among the trusted ones. A deprecation warning ends it. */
async function createUser(...args: string[]): Promise<unknown> {
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: authority.own.cert };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--throw-deprecation', program, ...args], {
    env,
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

async function failureOf(call: Promise<unknown>): Promise<PortalErrorFacts> {
  const error: unknown = await call.catch((reason: unknown) => reason);
  if (!(error instanceof PortalError)) throw new Error('no PortalError', { cause: error });
  return error.facts;
}

const user = { firstName: 'A', lastName: 'B', email: profile.email, type: 'User', comment: '' } as const;

describe('an untrusted certificate', () => {
  it('needs attention at once, and nothing is sent', async () => {
    const client = new Portal(origin, key);
    const mayWrite = (): void => expect.fail('nothing may be sent');
    const facts = await failureOf(client.createUser(user, { mayWrite }));
    expect(facts).toMatchObject({ kind: 'not-sent', code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    expect(classify(facts, origin)).toMatchObject({
      kind: 'needs attention',
      reason: 'certificate',
      portalWide: true,
      hint: expect.stringContaining('NODE_EXTRA_CA_CERTS') as string,
    });
    expect(requests).toEqual([]);
    client.close();
  });

  it('for another name needs attention, too', async () => {
    const facts = await failureOf(new Portal(origin.replace('localhost', '127.0.0.1'), key).self());
    expect(classify(facts, origin)).toMatchObject({ reason: 'certificate' });
  });
});

it('a trusted authority is enough, and writes begin after the handshake', async () => {
  expect(await createUser(origin)).toEqual({ id, connected: ['connected'] });
  expect(requests).toEqual(['POST', 'GET']);
});

describe('a proxy', () => {
  it('carries every call to a portal over HTTPS', async () => {
    expect(await createUser(origin, proxyUrl)).toEqual({ id, connected: ['connected'] });
    expect(requests).toEqual(['POST', 'GET']);
    expect(tunnels).toEqual([new URL(origin).host, new URL(origin).host]);
  });

  it('is not used for a portal on this machine over HTTP', async () => {
    const local = await portalThat((_, response) => response.writeHead(200, json).end(enveloped(profile)), {
      proxy: proxyUrl,
    });
    await local.getUser(id);
    expect([local.proxy, tunnels]).toEqual([undefined, []]);
  });

  it('is shown without its password', () => {
    expect(new Portal(origin, key, { proxy: 'http://me:secret@proxy.example:3128' }).proxy).toBe(
      'http://proxy.example:3128',
    );
  });

  it('that cannot be reached or refuses is named, and nothing is sent', async () => {
    const refusing = createServer().on('connect', (_, socket) =>
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'),
    );
    const port = await listen(refusing);
    const refused = await failureOf(new Portal(origin, key, { proxy: `http://127.0.0.1:${port}` }).self());
    refusing.close();
    expect(refused).toMatchObject({ kind: 'not-sent', code: 'the proxy answered 407' });
    const gone = await failureOf(new Portal(origin, key, { proxy: `http://127.0.0.1:${port}` }).self());
    expect(classify(gone, origin).message).toBe(
      `${origin} cannot be reached through the proxy http://127.0.0.1:${port} (ECONNREFUSED)`,
    );
    const unknown = await failureOf(new Portal(origin, key, { proxy: 'http://proxy.invalid:3128' }).self());
    expect(classify(unknown, origin).message).toMatch(
      /^the name proxy\.invalid does not resolve \(E.*\); check HTTPS_PROXY/,
    );
  });
});

it('a name that does not resolve is reported, and nothing is sent', async () => {
  const facts = await failureOf(new Portal('https://portal.invalid', key).self());
  expect(facts.kind).toBe('not-sent');
  expect(classify(facts, 'https://portal.invalid')).toMatchObject({
    kind: 'retry now',
    message: expect.stringMatching(/^the name portal\.invalid does not resolve \(E/) as string,
  });
});
