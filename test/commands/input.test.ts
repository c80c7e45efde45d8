import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { emptyFolder, janeRoe, runStarter } from '../support/starter.js';

const jane = janeRoe('jane.roe@example.com');

describe('invalid input', () => {
  it('is reported all at once on standard error, and nothing is started', async () => {
    const cwd = emptyFolder();
    const env = { API_HOST: 'http://portal.example.com', API_KEY: '' };
    const bad = [
      '--first-name',
      'R2D2',
      '--last-name',
      'Roe',
      '--email',
      'jane@',
      '--role',
      'Manger',
      '--colour',
      'red',
    ];
    const { code, stdout, stderr } = await runStarter(['onboard', ...bad, '--role-window', 'soon'], { cwd, env });
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n')).toEqual([
      'error: unknown option --colour',
      expect.stringContaining('--first-name: the first name "R2D2" contains "2", which a portal refuses'),
      'error: --email: "jane@" is not an e-mail address',
      expect.stringContaining('--role: "Manger" is not a role (Manager, Guest'),
      expect.stringContaining('--role-window is a duration'),
      expect.stringContaining('API_HOST is not encrypted'),
      expect.stringContaining('API_KEY is empty'),
    ]);
    expect(existsSync(join(cwd, '.local'))).toBe(false);
  });

  it.each([
    [
      'a person half named',
      ['onboard', '--email', 'jane.roe@example.com'],
      ['--first-name is missing', '--last-name is missing', '--role is missing'],
    ],
    ['an argument too many', ['status', 'jane.roe@example.com', 'again'], ['unexpected argument "again"']],
    ['an unknown role', ['role', 'jane.roe@example.com', 'Boss'], ['"Boss" is not a role']],
    ['a malformed e-mail', ['status', 'jane'], ['"jane" is not an e-mail address']],
    ['a missing argument', ['role', 'jane.roe@example.com'], ["missing required argument 'role'"]],
    ['an unknown command', ['onbord'], ["unknown command 'onbord'"]],
    ['a value for a switch', ['onboard', ...jane, '--no-mail=1'], ['--no-mail takes no value']],
    ['an empty namespace', ['status', '--namespace', ''], ['the namespace of Temporal is empty']],
    ['an unknown choice', ['onboard', ...jane, '--existing', 'steal'], ['--existing is fail or adopt']],
    [
      'both one and all',
      ['retry', 'jane.roe@example.com', '--all'],
      ['name one person by e-mail, or use --all, or --batch'],
    ],
    ['a history that is watched', ['status', 'jane@example.com', '--history', '--watch'], ['exclude each other']],
    ['a history of nobody', ['status', '--history'], ['--history shows one person']],
    ['an unknown reason', ['retry', '--all', '--reason', 'mood'], ['--reason is one of api-key']],
    [
      'a number that is none',
      ['sandbox', '--port', 'x', '--seats', '-1'],
      ['--port is a number', '--seats is a number'],
    ],
  ])('%s is exit 2', async (_, args, problems) => {
    const { code, stderr } = await runStarter(args);
    expect(code).toBe(2);
    for (const problem of problems) expect(stderr).toContain(problem);
  });

  it.each([
    ['role', '--colour', 'jane.roe@example.com', 'User'],
    ['status', '--colour=red'],
    ['doctor', '--colour'],
  ])('is only the unknown option for %s %s', async (...args) => {
    const { code, stdout, stderr } = await runStarter(args);
    expect([code, stdout, stderr]).toEqual([2, '', 'error: unknown option --colour\n']);
  });

  it('is quoted without control characters', async () => {
    const { code, stderr } = await runStarter(['status', 'jane\u001B[2j\u202E\u2028x']);
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('"jane<U+001B>[2j<U+202E><U+2028>x" is not an e-mail address'),
    ]);
  });

  it('is found in .env, too', async () => {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, '.env'), 'API_HOST=ftp://portal.example.com\n');
    const { code, stderr } = await runStarter(['onboard', ...jane], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining('ftp://portal.example.com')]);
  });
});

describe('an e-mail or a name that begins with a hyphen', () => {
  it.each([
    ['status', '-jane@example.com'],
    ['role', '--jane@example.com', 'User'],
    ['cancel', '-h@example.com'],
    ['retry', '--', '-jane@example.com'],
    ['join', 'jane@example.com', '--', '-5a'],
    ['enter', 'jane@example.com', '--json', '--', '--Library', 'Read'],
    ['onboard', '--first-name', 'Jane', '--last-name', 'Roe', '--role', 'User', '--email', '-jane@example.com'],
  ])('is an argument of %s', async (...args) => {
    // Without API_HOST, the command ends as soon as it has accepted its arguments.
    const { code, stderr } = await runStarter(args, { env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^error: API_HOST is not set/)]);
  });
});

describe('help', () => {
  it.each([['--help'], ['import', '--help'], ['template']])(
    '%s loads neither Temporal code nor zod',
    async (...args) => {
      // V8's coverage lists every script that was loaded.
      const folder = emptyFolder();
      const { code } = await runStarter(args, { env: { NODE_V8_COVERAGE: folder } });
      const loaded = readdirSync(folder)
        .map((name) => readFileSync(join(folder, name), 'utf8'))
        .join('');
      expect([code, loaded]).toEqual([0, expect.stringContaining('dist/starter.js')]);
      expect(loaded).not.toMatch(/node_modules\/(?:@temporalio|zod|got|hono)\//);
    },
  );

  it('shows examples first, and is exit 0', async () => {
    const { code, stdout } = await runStarter(['onboard', '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Examples:\n {2}\$ npm run starter -- onboard/);
  });
});

describe('without a person', () => {
  it('a real portal needs --yes', async () => {
    const env = { API_HOST: 'https://portal.example.com', API_KEY: 'sk-1' };
    const { code, stderr } = await runStarter(['onboard'], { env });
    expect([code, stderr]).toEqual([7, expect.stringContaining('no person was given')]);
  });
});

describe('an external Temporal server', () => {
  const env = { API_HOST: 'http://127.0.0.1:9', API_KEY: 'sk-1' };

  it('that does not answer is exit 6, with its address', async () => {
    const { code, stderr } = await runStarter(['onboard', ...jane, '--address', '127.0.0.1:1'], { env });
    expect([code, stderr]).toEqual([6, expect.stringContaining('no Temporal server answers at 127.0.0.1:1')]);
  });

  it('that is another program is exit 6', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    const { code, stderr } = await runStarter(['status'], { env: { ...env, TEMPORAL_ADDRESS: address } });
    expect([code, stderr]).toEqual([6, expect.stringContaining(address)]);
    other.close();
  });

  it('without the namespace is exit 6, with the command that creates it', async () => {
    const args = ['status', 'jane.roe@example.com', '--address', inject('temporalAddress'), '--namespace', 'nowhere'];
    const { code, stderr } = await runStarter(args, { env });
    expect([code, stderr]).toEqual([6, expect.stringContaining('temporal operator namespace create')]);
  });

  it('that refuses a setting is exit 2, with its reason', async () => {
    const args = ['status', '--address', inject('temporalAddress'), '--namespace', 'n'.repeat(2_000)];
    const { code, stderr } = await runStarter(args, { env });
    expect([code, stderr]).toEqual([2, expect.stringContaining('Namespace length exceeds limit')]);
  });

  it('needs API_HOST', async () => {
    const { code, stderr } = await runStarter(['status', '--address', '127.0.0.1:1']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('API_HOST is not set')]);
  });
});
