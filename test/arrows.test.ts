import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { emptyFolder } from './support/starter.js';

/** The rooms of src/ and what each may touch (docs/architecture.md), as the lint rules keep them. */

const root = fileURLToPath(new URL('..', import.meta.url));

const forbidden = [
  ['workflows', `import 'node:fs'`],
  ['workflows', `import 'fs'`],
  ['workflows', `import 'got'`],
  ['workflows', `import { Client } from '@temporalio/client'`],
  ['workflows', `import { createActivities } from '../activities/index.js'`],
  ['workflows', `import { Portal } from '../docspace/portal.js'`],
  ['workflows', `import type { Profile } from '../docspace/profile.js'`],
  ['workflows', `import { readSettings } from '../settings.js'`],
  ['workflows', `await import('node:fs')`],
  ['activities', `import { Client } from '@temporalio/client'`],
  ['activities', `import { onboardUser } from '../workflows/onboard-user.js'`],
  ['activities', `import { startSandbox } from '../sandbox/server.js'`],
  ['activities', `import { show } from '../commands/show.js'`],
  ['docspace', `import { Context } from '@temporalio/activity'`],
  ['docspace', `import type { Duration } from '@temporalio/common'`],
  ['docspace', `import { giveUp } from '../activities/failures.js'`],
  ['people', `import { ApplicationFailure } from '@temporalio/common'`],
  ['people', `import { Portal } from '../docspace/portal.js'`],
  ['sandbox', `import { roles } from '../docspace/roles.js'`],
  ['sandbox', `import type { Role } from '../docspace/roles.js'`],
  ['sandbox', `import { readSettings } from '../settings.js'`],
  ['sandbox', `import { Worker } from '@temporalio/worker'`],
  ['codec', `import { Portal } from '../docspace/portal.js'`],
  ['commands', `import { Portal } from '../docspace/portal.js'`],
  ['commands', `import got from 'got'`],
  ['commands', `import { createActivities } from '../activities/index.js'`],
  ['commands', `import { startSandbox } from '../sandbox/server.js'`],
  ['commands', `import { Worker } from '@temporalio/worker'`],
] as const;

const allowed = [
  ['workflows/own', `import { condition } from '@temporalio/workflow'`],
  ['workflows/types', `import type { Activities } from '../activities/index.js'`],
  ['workflows/pure', `import { roles } from '../docspace/roles.js'`],
  ['activities/own', `import { Portal } from '../docspace/portal.js'`],
  ['activities/words', `import { failureTypes } from '../workflows/messages.js'`],
  ['docspace/own', `import got from 'got'`],
  ['people/own', `import { pipeline } from 'node:stream/promises'`],
  ['commands/doctor', `import { Portal } from '../docspace/portal.js'`],
  ['commands/dry-run', `import { Portal } from '../docspace/portal.js'`],
  ['commands/sandbox', `import { startSandbox } from '../sandbox/server.js'`],
] as const;

const folder = emptyFolder();

const refused = lint([
  ...forbidden.map(([room, line], index) => [`${room}/forbidden-${index}`, line] as const),
  ...allowed,
]);

describe('an arrow between rooms that is not there', () => {
  it.each(forbidden.map(([room, line], index) => [room, line, index] as const))(
    'is refused in src/%s: %s',
    (room, _, index) => expect(refused).toContain(`${room}/forbidden-${index}`),
  );
});

describe('an arrow that is there', () => {
  it.each(allowed)('is taken by src/%s.ts: %s', (file) => expect(refused).not.toContain(file));
});

/** Which of the files the import rules of this project refuse. */
function lint(files: readonly (readonly [string, string])[]): string[] {
  copyFileSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  for (const [name, line] of files) {
    const path = join(folder, 'src', `${name}.ts`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${line};\n`);
  }
  const { stdout } = spawnSync(process.execPath, [join(root, 'node_modules/oxlint/bin/oxlint'), '-f', 'json'], {
    cwd: folder,
    encoding: 'utf8',
  });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string; filename: string }[] };
  return diagnostics
    .filter(({ code }) => code === 'eslint(no-restricted-imports)')
    .map(({ filename }) => filename.replace(/^.*src\//, '').replace(/\.ts$/, ''));
}
