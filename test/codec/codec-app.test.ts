import { defaultPayloadConverter } from '@temporalio/common';
import { createSecretKey, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerType } from '@hono/node-server';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EncryptingCodec } from '../../src/codec/payload-codec.js';
import { codecApp } from '../../src/codec/codec-app.js';
import { listen } from '../../src/program/http-server.js';
import { freePort } from '../../src/local/ports.js';
import { spawnProgram } from '../support/starter.js';

const ui = 'http://localhost:8233';
const token = 'f'.repeat(64);
const idKey = createSecretKey(randomBytes(32));
const codec = new EncryptingCodec({ keys: new Map([['a', createSecretKey(randomBytes(32))]]), idKey });
const missing = new EncryptingCodec({ keys: new Map([['old', createSecretKey(randomBytes(32))]]), idKey });

let server: ServerType;
let url: string;

beforeAll(async () => {
  server = await listen(codecApp(codec, { ui, token }), '127.0.0.1', 0, 'port');
  url = `http://localhost:${(server.address() as AddressInfo).port}`;
});

afterAll(() => void server.close());

async function onWire(
  by: EncryptingCodec,
  value: unknown,
): Promise<{ metadata: Record<string, string>; data: string }> {
  const [payload] = await by.encode([defaultPayloadConverter.toPayload(value)]);
  const metadata = Object.entries(payload?.metadata ?? {}).map(([name, bytes]) => [name, base64(bytes)]);
  return { metadata: Object.fromEntries(metadata) as Record<string, string>, data: base64(payload?.data ?? []) };
}

const base64 = (bytes: ArrayLike<number>): string => Buffer.from(bytes as Uint8Array).toString('base64');

function post(body: unknown, headers: Record<string, string> = {}, path = '/decode'): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, origin: ui, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

describe('the codec server', () => {
  it('decrypts for the configured UI, with the token in the header or in the path', async () => {
    const payloads = [await onWire(codec, { email: 'jane.roe@example.com' })];
    for (const answer of [
      await post({ payloads }),
      await post({ payloads }, { authorization: '' }, `/${token}/decode?preserveStorageRefs=true`),
    ]) {
      expect(answer.headers.get('access-control-allow-origin')).toBe(ui);
      const [plain] = ((await answer.json()) as { payloads: { data: string }[] }).payloads;
      expect(Buffer.from(plain?.data ?? '', 'base64').toString()).toBe('{"email":"jane.roe@example.com"}');
    }
  });

  it('returns what it cannot decrypt unchanged, beside what it can', async () => {
    const payloads = [await onWire(missing, 'old'), await onWire(codec, 'new')];
    const answer = (await (await post({ payloads })).json()) as { payloads: { data: string }[] };
    expect(answer.payloads[0]).toEqual(payloads[0]);
    expect(Buffer.from(answer.payloads[1]?.data ?? '', 'base64').toString()).toBe('"new"');
  });

  it('allows a page of the UI only what it sends', async () => {
    const answer = await fetch(`${url}/decode`, { method: 'OPTIONS', headers: { origin: ui } });
    expect(answer.status).toBe(204);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': ui,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type,x-namespace,authorization',
    });
  });

  const empty = { payloads: [] };
  it.each<[string, number, () => Promise<Response>]>([
    ['another origin', 403, () => post(empty, { origin: 'http://localhost:9999' })],
    ['no token', 401, () => post(empty, { authorization: '' })],
    ['another token', 401, () => post(empty, { authorization: `Bearer ${'e'.repeat(64)}` })],
    ['another token in the path', 401, () => post(empty, {}, `/${'e'.repeat(64)}/decode`)],
    ['encode', 404, () => post(empty, {}, '/encode')],
    ['GET', 405, () => fetch(`${url}/decode`)],
    ['more than 4 MB', 413, () => post('x'.repeat(5 * 1024 * 1024))],
    ['no JSON', 400, () => post('{')],
    ['other JSON', 400, () => post({ payloads: [{ data: '***' }] })],
  ])('refuses %s with %d', async (_, status, ask) => {
    expect((await ask()).status).toBe(status);
  });

  it('refuses an unknown host name that resolves to this machine', async () => {
    const asked = httpRequest(`${url}/decode`, { method: 'POST', headers: { host: 'evil.example.com' } }).end();
    const [answer] = (await once(asked, 'response')) as [{ statusCode: number }];
    expect(answer.statusCode).toBe(421);
  });
});

describe('npm run codec-server', () => {
  const key = randomBytes(32).toString('base64');

  it('listens on this machine only, explains its use, and never prints the token', async () => {
    const port = await freePort(0);
    const env = { CODEC_KEYS: `a:${key}`, ID_KEY: key, CODEC_SERVER_TOKEN: token, CODEC_SERVER_PORT: String(port) };
    const running = spawnProgram('codec/codec-server', [], { env });
    await running.prints(/codec server ready/);
    expect((await fetch(`http://127.0.0.1:${port}/decode`, { method: 'POST' })).status).toBe(401);
    const { code, stderr } = await running.kill('SIGTERM');
    expect([code, stderr]).toEqual([0, expect.stringContaining(`http://localhost:${port}/TOKEN`)]);
    expect(stderr).not.toContain(token);
  });

  it('reports all missing settings at once, with exit 2', async () => {
    const { code, stderr } = await spawnProgram('codec/codec-server', [], {
      env: { CODEC_SERVER_UI: 'http://localhost:8233/path', CODEC_SERVER_PORT: 'x' },
    }).finished;
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringContaining('CODEC_SERVER_PORT is not a port'),
      expect.stringContaining('CODEC_SERVER_UI is not an origin'),
      expect.stringContaining('CODEC_KEYS is not set'),
      expect.stringContaining('CODEC_SERVER_TOKEN is not set'),
    ]);
  });

  it.each([
    [{}, 'CODEC_SERVER_TOKEN is not set'],
    [{ CODEC_SERVER_TOKEN: '' }, 'CODEC_SERVER_TOKEN needs 32 or more letters and digits'],
    [{ CODEC_SERVER_TOKEN: 'short' }, 'CODEC_SERVER_TOKEN needs 32 or more letters and digits'],
    [{ CODEC_SERVER_TOKEN_FILE: '/nowhere' }, 'CODEC_SERVER_TOKEN_FILE cannot be read: '],
    [{ CODEC_SERVER_TOKEN: token, CODEC_SERVER_TOKEN_FILE: '/nowhere' }, 'are both set'],
  ])('with the token %j is exit 2 and one line', async (given, line) => {
    const env = { CODEC_KEYS: `a:${key}`, ID_KEY: key, ...given };
    const { code, stderr } = await spawnProgram('codec/codec-server', [], { env }).finished;
    expect([code, stderr.trim().split('\n')]).toEqual([2, [expect.stringContaining(line)]]);
  });
});
