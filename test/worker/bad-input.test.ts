import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runStarter, spawnProgram } from '../support/starter.js';

/** What an operator sets wrongly: said in one line by every program that reads it, and nobody is called. */

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

const onboard = [
  'onboard',
  '--first-name',
  'Jane',
  '--last-name',
  'Roe',
  '--email',
  'jane@example.com',
  '--role',
  'User',
];

it.each<[string, (here: string) => Record<string, string>, string]>([
  ['a codec key of 16 bytes', () => ({ CODEC_KEYS: `a:${key(16)}`, ID_KEY: key() }), 'has 16 bytes instead of 32'],
  ['a key of ids of 8 bytes', () => ({ CODEC_KEYS: `a:${key()}`, ID_KEY: key(8) }), 'ID_KEY has 8 bytes instead of 32'],
  ['a codec without a key of ids', () => ({ CODEC_KEYS: `a:${key()}` }), 'ID_KEY is not set'],
  [
    'a file of codec keys that is not there',
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
])('%s is exit 2 and one line, for worker and starter, and nobody is called', async (_, wrong, line) => {
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

it('a file of the API key that is not there is exit 2 and one line', async () => {
  const env = { API_HOST: `http://${address}`, API_KEY_FILE: '/nowhere', TEMPORAL_ADDRESS: address };
  const { code, stderr } = await spawnProgram('worker', [], { env }).finished;
  expect([code, stderr]).toEqual([2, 'error: API_KEY_FILE cannot be read: /nowhere (ENOENT)\n']);
});
