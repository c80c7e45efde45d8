import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { createServer, type TlsOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Authority, type Pair } from '../support/certificates.js';
import { TestPortal } from '../support/portal.js';
import { emptyFolder, runStarter, spawnProgram } from '../support/starter.js';

/** Worker and starter through a front that speaks TLS, before the Temporal server of all tests. */

let portal: TestPortal;
let [authority, stranger]: Authority[] = [];
let server: Pair;
let client: Pair;
let front: string;
let strictFront: string;
const fronts: Server[] = [];

beforeAll(async () => {
  portal = await TestPortal.start();
  authority = new Authority();
  stranger = new Authority();
  server = authority.issue('localhost', 'IP:127.0.0.1');
  client = authority.issue('client');
  front = await startFront();
  strictFront = await startFront({ requestCert: true, rejectUnauthorized: true });
});

afterAll(async () => {
  for (const each of fronts) each.close();
  await portal.close();
});

async function startFront(more: TlsOptions = {}): Promise<string> {
  const [host = '', port = ''] = inject('temporalAddress').split(':');
  const options = { key: readFileSync(server.key), cert: readFileSync(server.cert), ALPNProtocols: ['h2'] };
  const listening = createServer({ ...options, ca: readFileSync(authority!.own.cert), ...more }, (socket) => {
    const behind = connect(Number(port), host);
    socket.on('error', () => behind.destroy()).pipe(behind);
    behind.on('error', () => socket.destroy()).pipe(socket);
  }).listen(0, '127.0.0.1');
  fronts.push(listening);
  await once(listening, 'listening');
  return `localhost:${(listening.address() as AddressInfo).port}`;
}

const settings = (): Record<string, string> => ({
  API_HOST: portal.url,
  API_KEY: portal.keys.owner,
  TASK_QUEUE: `tls-${randomUUID()}`,
});

async function onboards(env: Record<string, string>, flags: readonly string[] = []): Promise<void> {
  const worker = spawnProgram('worker', flags, { env });
  await worker.prints(/worker ready/);
  const person = ['--first-name', 'Jane', '--last-name', 'Roe', '--email', `${randomUUID()}@example.com`];
  const { code, stderr } = await runStarter(['onboard', ...person, '--role', 'User', ...flags], { env });
  expect([code, stderr]).toEqual([0, expect.stringContaining('the portal shows User')]);
  expect((await worker.kill('SIGTERM')).code).toBe(0);
}

describe('worker and starter reach a server', () => {
  it('by TLS, with the options of the Temporal CLI', async () => {
    await onboards(settings(), ['--address', front, '--tls', '--tls-ca-path', authority!.own.cert]);
  });

  it('by TLS with a client certificate, from the environment', async () => {
    await onboards({
      ...settings(),
      TEMPORAL_ADDRESS: strictFront,
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: authority!.own.cert,
      TEMPORAL_TLS_CLIENT_CERT_PATH: client.cert,
      TEMPORAL_TLS_CLIENT_KEY_PATH: client.key,
    });
  });

  it('by an API key, in a profile of temporal.toml', async () => {
    const file = join(emptyFolder(), 'temporal.toml');
    const tls = `[profile.prod.tls]\nserver_ca_cert_path = "${authority!.own.cert}"\n`;
    writeFileSync(file, `[profile.prod]\naddress = "${front}"\napi_key = "tk-canary"\n${tls}`);
    await onboards({ ...settings(), TEMPORAL_CONFIG_FILE: file }, ['--profile', 'prod']);
  });
});

it('a server that is named by its IP address causes no deprecation warning', async () => {
  const address = front.replace('localhost', '127.0.0.1');
  const args = ['status', '--address', address, '--tls-ca-path', authority!.own.cert];
  expect(await runStarter(args, { env: settings() })).toMatchObject({ code: 0, stderr: '' });
});

describe('a wrong connection option', () => {
  const cases: [string, number, () => readonly string[], string][] = [
    ['an unknown authority', 6, () => ['--address', front, '--tls'], 'is not trusted'],
    [
      'a certificate for another name',
      6,
      () => ['--address', front, '--tls-ca-path', authority!.own.cert, '--tls-server-name', 'temporal.example.com'],
      'is for another name',
    ],
    [
      'a missing client certificate',
      6,
      () => ['--address', strictFront, '--tls-ca-path', authority!.own.cert],
      'requires one',
    ],
    [
      'a client certificate of an unknown authority',
      6,
      () => {
        const other = stranger!.issue('client');
        const pair = ['--tls-cert-path', other.cert, '--tls-key-path', other.key];
        return ['--address', strictFront, '--tls-ca-path', authority!.own.cert, ...pair];
      },
      'refuses the client certificate',
    ],
    ['TLS to a server without it', 6, () => ['--address', inject('temporalAddress'), '--tls'], 'does not speak TLS'],
    ['no TLS to a server that requires it', 6, () => ['--address', front], 'speaks TLS: use --tls'],
    ['a missing certificate file', 2, () => ['--address', front, '--tls-ca-path', '/nowhere.pem'], '/nowhere.pem'],
    ['a certificate without its key', 2, () => ['--address', front, '--tls-cert-path', client.cert], 'needs its key'],
    ['an unknown profile', 2, () => ['--profile', 'nowhere'], 'nowhere'],
    [
      'a name that does not resolve',
      6,
      () => ['--address', 'temporal.invalid:7233'],
      'temporal.invalid does not resolve',
    ],
    ['an address with a scheme', 2, () => ['--address', `http://${front}`], 'is HOST:PORT'],
    ['an address with an unknown port', 2, () => ['--address', 'localhost:99999'], 'is HOST:PORT'],
  ];

  it.concurrent.each(cases)('%s is exit %d and one line, for starter and worker', async (_, exit, flags, sentence) => {
    const env = settings();
    const all = await Promise.all([
      runStarter(['status', ...flags()], { env }),
      spawnProgram('worker', flags(), { env }).finished,
    ]);
    for (const { code, stdout, stderr } of all) {
      expect([code, stdout]).toEqual([exit, '']);
      const problems = stderr.split('\n').filter((line) => line.startsWith('error: '));
      expect(problems).toEqual([expect.stringContaining(sentence)]);
    }
  });

  it('an API key is not sent unencrypted to another machine', async () => {
    const env = { ...settings(), TEMPORAL_TLS: 'false', TEMPORAL_API_KEY: 'tk-canary' };
    const { code, stderr } = await runStarter(['status', '--address', 'temporal.example.com:7233'], { env });
    expect([code, stderr]).toEqual([2, expect.stringContaining('because TLS is off')]);
    expect(stderr).not.toContain('tk-canary');
  });
});
