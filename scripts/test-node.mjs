// Runs whatever depends on Node under each version that package.json allows, in a new checkout: the build, the help, one
// onboarding with its local stack, and the tests of files, of the portal's client and of the codec.
//
//   npm run test:node              the oldest version, and the newest of each major version
//   npm run test:node -- 22.13.0   one version
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { freshCheckout, root } from './checkout.mjs';

const given = process.argv.slice(2);
const versions = given.length > 0 ? given : ['20.19.0', '20', '22', '24'];

const commands = `
  set -euo pipefail
  printf '\\n--- Node %s\\n' "$(node --version)"
  node scripts/build.mjs
  node dist/starter.js --help > /dev/null
  node dist/starter.js onboard | grep 'john.doe@example.com is onboarded'
  node node_modules/vitest/vitest.mjs run test/people test/docspace test/codec/payload-codec.test.ts test/activities/failures.test.ts
`;

for (const version of versions) {
  const folder = freshCheckout();
  try {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const args = ['--yes', '--package', `node@${version}`, '--', 'bash', '-c', commands];
    const run = spawn('npx', args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
    const [code] = await once(run, 'exit');
    if (code !== 0) throw new Error(`Node ${version}: the last command above exited with ${code}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
