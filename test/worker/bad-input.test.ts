import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { janeRoe, runStarter, spawnProgram } from '../support/starter.js';

/** What an operator can set wrongly. Every program reports it in one line, and calls nobody. */

const key = (bytes = 32): string => randomBytes(bytes).toString('base64');

let listener: Server;
let address: string;
let calls = 0;

beforeAll(async () => {
  listener = createServer((socket) => {
    calls++;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  address = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
});

afterAll(() => void listener.close());

const onboard = ['onboard', ...janeRoe('jane@example.com')];

it.each<[string, (here: string) => Record<string, string>, string]>([
  ['a codec key of 16 bytes', () => ({ CODEC_KEYS: `a:${key(16)}`, ID_KEY: key() }), 'has 16 bytes instead of 32'],
  ['an ID key of 8 bytes', () => ({ CODEC_KEYS: `a:${key()}`, ID_KEY: key(8) }), 'ID_KEY has 8 bytes instead of 32'],
  ['a codec without an ID key', () => ({ CODEC_KEYS: `a:${key()}` }), 'ID_KEY is not set'],
  [
    'a missing file of codec keys',
    () => ({ CODEC_KEYS_FILE: '/nowhere', ID_KEY: key() }),
    'CODEC_KEYS_FILE cannot be read: /nowhere',
  ],
  [
    'a portal with a path',
    (here) => ({ API_HOST: `${here}/products` }),
    'API_HOST contains more than an address: write',
  ],
  [
    'a portal with a user name',
    (here) => ({ API_HOST: here.replace('//', '//me:canary@') }),
    'API_HOST contains a user name',
  ],
])('%s is exit 2 and one line in worker and starter, without a call', async (_, wrong, line) => {
  const here = `http://${address}`;
  const env = { API_HOST: here, API_KEY: 'canary', TEMPORAL_ADDRESS: address, ...wrong(here) };
  for (const { code, stdout, stderr } of await Promise.all([
    spawnProgram('worker', [], { env }).finished,
    runStarter(onboard, { env }),
  ])) {
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(line)]);
    expect(stderr).not.toContain('canary');
  }
  expect(calls).toBe(0);
});

it('a missing file of the API key is exit 2 and one line', async () => {
  const env = { API_HOST: `http://${address}`, API_KEY_FILE: '/nowhere', TEMPORAL_ADDRESS: address };
  const { code, stderr } = await spawnProgram('worker', [], { env }).finished;
  expect([code, stderr]).toEqual([2, 'error: API_KEY_FILE cannot be read: /nowhere (ENOENT)\n']);
});

const served = { API_HOST: 'http://127.0.0.1:9', API_KEY: 'sk-1' };

it('a worker without the address of a Temporal server is exit 2', async () => {
  const { code, stderr } = await spawnProgram('worker', [], { env: served }).finished;
  expect([code, stderr]).toEqual([2, expect.stringContaining('TEMPORAL_ADDRESS is not set')]);
});

it('a worker of a namespace that does not exist is exit 6, with the command that creates it', async () => {
  const server = inject('temporalAddress');
  const env = { ...served, TEMPORAL_ADDRESS: server, TEMPORAL_NAMESPACE: 'nowhere' };
  const { code, stderr } = await spawnProgram('worker', [], { env }).finished;
  expect([code, stderr]).toEqual([6, expect.stringContaining('the namespace nowhere does not exist')]);
  expect(stderr).toContain(`temporal operator namespace create --address ${server} --namespace nowhere`);
});

it("a portal's key as Temporal's API key is exit 2, in worker and starter", async () => {
  const args = ['--api-key', `sk-${'0a'.repeat(32)}`, '--address', '127.0.0.1:1'];
  for (const { code, stderr } of await Promise.all([
    spawnProgram('worker', args, { env: served }).finished,
    runStarter(['status', ...args], { env: served }),
  ])) {
    expect([code, stderr]).toEqual([2, expect.stringContaining('is set to the key of a portal')]);
  }
});
