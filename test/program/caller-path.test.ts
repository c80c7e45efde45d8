import { mkdirSync, writeFileSync } from 'node:fs';
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
  writeFileSync(join(caller, 'people.csv'), 'first name,last name,email,role\nJane,Roe,nobody,User\n');
  const { code } = await runStarter(['import', 'people.csv'], { cwd, env: { INIT_CWD: caller, ...npm } });
  expect(code).toBe(exit);
});
