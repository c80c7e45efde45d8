import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { starterSettings } from '../../../src/program/settings/starter-settings.js';
import { workerSettings } from '../../../src/program/settings/worker-settings.js';
import { problemsOf, readValid } from '../../support/settings.js';
import { emptyFolder, runStarter, spawnProgram } from '../../support/starter.js';

const far = 'https://portal.example.com';
const near = 'http://127.0.0.1:8092';
const standard = { calls: 1_500, parallelWrites: 15 };

it.each([
  [far, {}, standard],
  [near, {}, {}],
  [undefined, {}, {}],
  [far, { PORTAL_CALLS_PER_MINUTE: ' 750 ', PORTAL_PARALLEL_WRITES: '7' }, { calls: 750, parallelWrites: 7 }],
  [near, { PORTAL_CALLS_PER_MINUTE: '300' }, { calls: 300 }],
  [far, { PORTAL_CALLS_PER_MINUTE: '0', PORTAL_PARALLEL_WRITES: '' }, { parallelWrites: 15 }],
  [far, { PORTAL_CALLS_PER_MINUTE: '0', PORTAL_PARALLEL_WRITES: '0' }, {}],
])('the portal at %s with %j has the limits %j', (origin, env, limits) => {
  expect(readValid(starterSettings, { API_HOST: origin, ...env }).portal.limits).toEqual(limits);
});

it('reports all problems at once', () => {
  expect(
    problemsOf(workerSettings, {
      PORTAL_CALLS_PER_MINUTE: '25/s',
      PORTAL_PARALLEL_WRITES: '-1',
      LOG_LEVEL: 'loud',
      SETTLE_WINDOW: 'long',
      HEALTH_ADDRESS: '8081',
    }),
  ).toEqual([
    'LOG_LEVEL is not one of trace, debug, info, warn, error: loud',
    'SETTLE_WINDOW is not a duration above zero, with its unit, such as 90s: long',
    'PORTAL_CALLS_PER_MINUTE is not a whole number such as 1500, or 0 for no limit: 25/s',
    'PORTAL_PARALLEL_WRITES is not a whole number such as 15, or 0 for no limit: -1',
    'HEALTH_ADDRESS is not an address such as 127.0.0.1:8081: 8081',
    expect.stringMatching(/^API_HOST is not set/),
  ]);
});

// Zero, and the milliseconds that a number without a unit would be, allow a second account.
it.each(['0', '0s', '90', '-90s'])('refuses the settle window %s', (text) => {
  expect(problemsOf(starterSettings, { SETTLE_WINDOW: text })).toEqual([
    `SETTLE_WINDOW is not a duration above zero, with its unit, such as 90s: ${text}`,
  ]);
});

const served = { API_HOST: near, API_KEY: 'sk-1' };

it.each([
  [{}, undefined],
  [
    { WORKER_DEPLOYMENT: 'onboarding', BUILD_ID: '1f0c' },
    { deploymentName: 'onboarding', buildId: '1f0c' },
  ],
  [{ BUILD_ID: '1f0c' }, undefined],
])('a worker with %j has the version %j', (env, version) => {
  expect(readValid(workerSettings, { ...served, ...env }).version).toEqual(version);
});

it.each([
  [{ WORKER_DEPLOYMENT: 'onboarding' }, 'BUILD_ID is not set'],
  [{ WORKER_DEPLOYMENT: 'a.b', BUILD_ID: '1' }, 'WORKER_DEPLOYMENT contains a dot'],
])('a worker refuses the version %j', (env, problem) => {
  expect(problemsOf(workerSettings, { ...served, ...env })).toEqual([expect.stringContaining(problem)]);
});

it.each([
  [{ API_KEY: '"sk-1"' }, 'has quotes around it'],
  [{ API_KEY: '“sk-1”' }, 'has quotes around it'],
  [{ API_KEY: "'sk-1'" }, 'has quotes around it'],
  [{ API_KEY: 'sk 1' }, 'contains a character that no key has'],
  [{ API_KEY: '' }, 'is empty'],
])('refuses the key in %j', (env, problem) => {
  const [first = '', ...others] = problemsOf(starterSettings, { API_HOST: near, ...env });
  expect([first, others]).toEqual([expect.stringMatching(new RegExp(`^API_KEY ${problem}`)), []]);
  expect(first).not.toMatch(/sk.1/);
});

it.each([
  [{ API_HOST: '' }, 'API_HOST is empty'],
  [{ API_HOST: 'portal' }, 'API_HOST is not an address'],
  [{ API_HOST: 'https://me:pw@portal.example.com' }, 'API_HOST contains a user name'],
  [{ API_HOST: 'https://portal.example.com/products' }, 'write https://portal.example.com'],
  [{ API_HOST: near, API_KEY_FILE: 'nowhere' }, 'API_KEY_FILE cannot be read'],
  [{ NODE_TLS_REJECT_UNAUTHORIZED: '0' }, 'accepts any certificate'],
])('refuses the setting %j', (env, problem) => {
  expect(problemsOf(starterSettings, env)).toEqual([expect.stringContaining(problem)]);
});

const sandboxKey = 'sk-5a4db0c5-1';

it.each([
  [{ API_KEY: 'sk-1' }, 'API_KEY is set and API_HOST is not'],
  [{ API_HOST: far, API_KEY: sandboxKey }, 'API_KEY is the key of a sandbox'],
])('never uses the key in %j for another portal', (env, problem) => {
  expect(problemsOf(starterSettings, env)).toEqual([expect.stringContaining(problem)]);
});

it('accepts the key of a sandbox without an address', () => {
  expect(readValid(starterSettings, { API_KEY: sandboxKey }).portal.origin).toBeUndefined();
});

function secretFile(mode: number, folderMode = 0o755): string {
  const folder = emptyFolder();
  const file = join(folder, 'API_KEY');
  writeFileSync(file, 'sk-1\n');
  chmodSync(file, mode);
  chmodSync(folder, folderMode);
  return file;
}

it.each([0o600, 0o444])('takes a key from a file with the mode %o', (mode) => {
  const settings = readValid(starterSettings, { API_HOST: near, API_KEY_FILE: secretFile(mode) });
  expect(settings.portal.key).toBe('sk-1');
});

it.each([0o664, 0o602])('refuses a key in a file that others can change (%o)', (mode) => {
  const file = secretFile(mode);
  expect(problemsOf(starterSettings, { API_HOST: near, API_KEY_FILE: file })).toEqual([
    `API_KEY_FILE is a file that other users can change: chmod go-w ${file}`,
  ]);
});

it.each([
  [0o644, 0o755, true],
  [0o644, 0o700, false],
  [0o400, 0o755, false],
])('warns of a secret file with the mode %o in a folder with %o: %s', (mode, folderMode, isReadable) => {
  const file = secretFile(mode, folderMode);
  const warning = { message: 'API_KEY_FILE can be read by everybody on this machine', fix: `chmod o-r ${file}` };
  const { secretWarnings } = readValid(starterSettings, { API_HOST: near, API_KEY_FILE: file }) as unknown as {
    secretWarnings: unknown;
  };
  expect(secretWarnings).toEqual(isReadable ? [warning] : []);
});

it('doctor names the fix for a file that everybody can read, as a remark', async () => {
  const file = secretFile(0o644);
  const env = { API_HOST: near, API_KEY_FILE: file, TEMPORAL_ADDRESS: inject('temporalAddress') };
  const { stdout } = await runStarter(['doctor'], { env });
  expect(stdout).toContain(`API_KEY_FILE can be read by everybody on this machine\n`);
  expect(stdout).toContain(`→ chmod o-r ${file}\n`);
});

it.each(['API_KEY', 'CODEC_KEYS', 'ID_KEY'])(
  'refuses %s in the environment and in a file, in worker and starter',
  async (name) => {
    const env: Record<string, string> = { ...served, [name]: 'canary', [`${name}_FILE`]: '/nowhere' };
    if (name !== 'API_KEY') Object.assign(env, { CODEC_KEYS: aKey('a:'), ID_KEY: aKey() });
    for (const { code, stdout, stderr } of await Promise.all([
      runStarter(['status'], { env }),
      spawnProgram('worker', [], { env }).finished,
    ])) {
      expect([code, stdout, stderr]).toEqual([
        2,
        '',
        `error: ${name} and ${name}_FILE are both set: remove one of them\n`,
      ]);
    }
  },
);

function aKey(id = ''): string {
  return `${id}${Buffer.alloc(32).toString('base64')}`;
}

it.each([
  ['https://portal.example.com', 'https://portal.example.com'],
  [' https://Portal.Example.com/ ', 'https://portal.example.com'],
  ['https://portal.example.com:443', 'https://portal.example.com'],
  ['https://portal.example.com:8443', 'https://portal.example.com:8443'],
  ['http://localhost:8092', 'http://localhost:8092'],
  ['http://[::1]:8092', 'http://[::1]:8092'],
  ['http://2130706433', 'http://127.0.0.1'],
])('%s is the portal at %s', (address, origin) => {
  expect(readValid(starterSettings, { API_HOST: address }).portal.origin).toBe(origin);
});

it.each([
  '',
  'portal.example.com',
  '//portal.example.com',
  'ftp://portal.example.com',
  'file:///etc/passwd',
  'javascript:1',
  'https://',
  'https://..',
  'https://.',
  'https://portal.example.com/products',
  'https://portal.example.com/?x=1',
  'https://portal.example.com/#x',
  'https://me@portal.example.com',
  'https://me:pw@portal.example.com',
  'https://:pw@portal.example.com',
  'http://portal.example.com',
  'http://169.254.169.254',
  'http://10.0.0.1',
  'http://127.0.0.1.example.com',
  'http://localhost.example.com',
  'http://0.0.0.0',
  `https://${'a'.repeat(64)}.example.com`,
  `https://${'a.'.repeat(130)}com`,
])('%j is not the address of a portal', (address) => {
  expect(problemsOf(starterSettings, { API_HOST: address })).toEqual([expect.stringMatching(/^API_HOST /)]);
});

it.each([
  [far, {}, undefined],
  [far, { HTTPS_PROXY: 'http://proxy:3128' }, 'http://proxy:3128'],
  [far, { https_proxy: 'proxy:3128', HTTPS_PROXY: 'http://other:1' }, 'http://proxy:3128'],
  [near, { HTTPS_PROXY: 'http://proxy:3128' }, undefined],
  [far, { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'example.com' }, undefined],
  [far, { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'a, .example.com:443' }, undefined],
  [far, { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: '*' }, undefined],
  [far, { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'example.com:8443 ample.com' }, 'http://proxy:3128'],
])('the way to %s with %j is %s', (origin, env, proxy) => {
  expect(readValid(starterSettings, { API_HOST: origin, ...env }).portal.proxy).toBe(proxy);
});

const socks = { HTTPS_PROXY: 'socks5h://127.0.0.1:1080' };

it('refuses a proxy that is not an HTTP proxy', () => {
  expect(problemsOf(starterSettings, { API_HOST: far, ...socks })).toEqual([
    expect.stringContaining('HTTPS_PROXY is not the address of an HTTP proxy'),
  ]);
});

it.each([{}, { API_HOST: near }, { API_HOST: far, NO_PROXY: 'example.com' }])(
  'accepts any proxy if %j needs none',
  (env) => {
    expect(readValid(starterSettings, { ...env, ...socks }).portal.proxy).toBeUndefined();
  },
);

it('reports a wrong address of the portal and not the proxy', () => {
  expect(problemsOf(starterSettings, { API_HOST: 'portal', ...socks })).toEqual([
    expect.stringContaining('API_HOST is not an address'),
  ]);
});
