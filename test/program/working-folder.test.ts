import { spawnSync } from 'node:child_process';
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { emptyFolder, runStarter } from '../support/starter.js';

const packageFile = fileURLToPath(new URL('../../package.json', import.meta.url));

it.each([
  ['under npm run, to the folder of the caller', { npm_package_json: packageFile }, 3],
  ['in a script of another package, to its folder', { npm_package_json: '/elsewhere/package.json' }, 2],
  ['otherwise, to the working folder', {}, 2],
])('a path is relative %s', async (_, npm, exit) => {
  const cwd = emptyFolder();
  const caller = join(cwd, 'caller');
  mkdirSync(caller);
  writeInvalidPeople(caller);
  const { code } = await runStarter(['import', 'people.csv'], { cwd, env: { INIT_CWD: caller, ...npm } });
  expect(code).toBe(exit);
});

it.each([['starter', 'status'], ['worker']])(
  'a working folder that somebody has removed is exit 2 (%s)',
  (name, ...args) => {
    const program = fileURLToPath(new URL(`../../dist/${name}.js`, import.meta.url));
    const script = 'rmdir "$PWD" && exec "$0" "$@"';
    const { status, stderr } = spawnSync('sh', ['-c', script, process.execPath, program, ...args], {
      cwd: emptyFolder(),
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/^error: the current folder no longer exists\nChange to /),
    ]);
  },
);

function writeInvalidPeople(folder: string): void {
  writeFileSync(join(folder, 'people.csv'), 'first name,last name,email,role\nJane,Roe,nobody,User\n');
}

// test/package/installed.ts shows that the local stack is there, too.
it.each([
  ['an absolute', (cwd: string) => join(cwd, 'home')],
  ['a relative', () => 'home'],
])('%s DOCSPACE_ONBOARDING_HOME is the folder of .env, but not of a typed path', async (_, homeIn) => {
  const cwd = realpathSync(emptyFolder());
  const env = { DOCSPACE_ONBOARDING_HOME: homeIn(cwd) };
  const home = join(cwd, 'home');
  writeInvalidPeople(cwd);

  expect(await runStarter(['import', 'people.csv'], { cwd, env })).toMatchObject({ code: 3 });

  writeFileSync(join(home, '.env'), 'api_host=https://portal.example.com\n', { mode: 0o600 });
  const mistyped = await runStarter(['status'], { cwd, env });
  expect(mistyped).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`${join(home, '.env')}: api_host must be`),
  });
});

it('a DOCSPACE_ONBOARDING_HOME that is a file is exit 2', async () => {
  const cwd = realpathSync(emptyFolder());
  writeFileSync(join(cwd, 'home'), '');
  const { code, stderr } = await runStarter(['status'], { cwd, env: { DOCSPACE_ONBOARDING_HOME: 'home' } });
  expect([code, stderr]).toEqual([2, `error: ${join(cwd, 'home')}: it is a file, not a folder\n`]);
});
