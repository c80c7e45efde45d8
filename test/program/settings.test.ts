import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  worldReadableSecrets,
  readKey,
  readLimits,
  readOrigin,
  readWorkerVersion,
  secretIn,
} from '../../src/program/settings.js';
import { emptyFolder, runStarter, spawnProgram } from '../support/starter.js';

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
])('the portal at %s with %j is called within %j', (origin, env, limits) => {
  const problems: string[] = [];
  expect([readLimits(env, problems, origin), problems]).toEqual([limits, []]);
});

it('what is no number of calls is said, all of it at once', () => {
  const problems: string[] = [];
  readLimits({ PORTAL_CALLS_PER_MINUTE: '25/s', PORTAL_PARALLEL_WRITES: '-1' }, problems, far);
  expect(problems).toEqual([
    'PORTAL_CALLS_PER_MINUTE is not a whole number such as 1500, or 0 for no limit: 25/s',
    'PORTAL_PARALLEL_WRITES is not a whole number such as 15, or 0 for no limit: -1',
  ]);
});

it.each([
  [{}, undefined, []],
  [{ WORKER_DEPLOYMENT: 'onboarding', BUILD_ID: '1f0c' }, { deploymentName: 'onboarding', buildId: '1f0c' }, []],
  [{ BUILD_ID: '1f0c' }, undefined, []],
  [{ WORKER_DEPLOYMENT: 'onboarding' }, expect.anything(), [expect.stringContaining('BUILD_ID is not set')]],
  [{ WORKER_DEPLOYMENT: 'a.b', BUILD_ID: '1' }, expect.anything(), [expect.stringContaining('has a dot in it')]],
])('with %j a worker is the build %j', (env, version, said) => {
  const problems: string[] = [];
  expect(readWorkerVersion(env, problems)).toEqual(version);
  expect(problems).toEqual(said);
});

it.each([
  [0o600, []],
  [0o444, []],
  [0o664, [expect.stringMatching(/^API_KEY_FILE can be changed by others than its owner: chmod go-w .*API_KEY$/)]],
  [0o602, [expect.stringContaining('chmod go-w')]],
])('a key in a file of mode %o is taken where nobody but its owner can change it', (mode, said) => {
  const file = join(emptyFolder(), 'API_KEY');
  writeFileSync(file, 'sk-1\n');
  chmodSync(file, mode);
  const problems: string[] = [];
  expect(readKey({ API_KEY_FILE: file }, problems)).toBe('sk-1');
  expect(problems).toEqual(said);
});

function secretFile(mode: number, folderMode = 0o755): string {
  const folder = emptyFolder();
  const file = join(folder, 'API_KEY');
  writeFileSync(file, 'sk-1');
  chmodSync(file, mode);
  chmodSync(folder, folderMode);
  return file;
}

it.each([
  [0o644, 0o755, 1],
  [0o644, 0o700, 0],
  [0o400, 0o755, 0],
])(
  'of a file with the mode %o in a folder with %o is said %d times that everybody can read it',
  (mode, folder, times) => {
    const file = secretFile(mode, folder);
    const said = { says: 'API_KEY_FILE can be read by everybody on this machine', mend: `chmod o-r ${file}` };
    expect(worldReadableSecrets({ API_KEY_FILE: file })).toEqual(Array.from({ length: times }, () => said));
    expect(secretIn({ API_KEY_FILE: file }, 'API_KEY', [])).toBe('sk-1');
  },
);

it('doctor names the mend of a file that everybody can read, as a remark', async () => {
  const file = secretFile(0o644);
  const { stdout } = await runStarter(['doctor'], { env: { API_HOST: near, API_KEY_FILE: file } });
  expect(stdout).toContain(`! secrets       API_KEY_FILE can be read by everybody on this machine\n`);
  expect(stdout).toContain(`→ chmod o-r ${file}\n`);
});

it.each(['API_KEY', 'CODEC_KEYS', 'ID_KEY'])(
  'a secret both in %s and in a file is exit 2 and one line, for worker and starter',
  async (name) => {
    const env: Record<string, string> = {
      API_HOST: near,
      API_KEY: 'sk-1',
      [name]: 'canary',
      [`${name}_FILE`]: '/nowhere',
    };
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
])('%s is the portal at %s', (given, origin) => {
  const problems: string[] = [];
  expect([readOrigin({ API_HOST: given }, problems), problems]).toEqual([origin, []]);
});

it.each([
  '',
  'portal.example.com',
  '//portal.example.com',
  'ftp://portal.example.com',
  'file:///etc/passwd',
  'javascript:1',
  'https://',
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
])('%j is no portal, said in one line', (given) => {
  const problems: string[] = [];
  readOrigin({ API_HOST: given }, problems);
  expect(problems).toEqual([expect.stringMatching(/^API_HOST /)]);
});
