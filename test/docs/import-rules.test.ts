import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { emptyFolder } from '../support/starter.js';

/** The import rules of src/ (docs/architecture.md), tried with imports that break them. */

const root = fileURLToPath(new URL('../..', import.meta.url));

const forbidden = [
  ['contract', `import { Onboarding } from '../workflows/index.js'`],
  ['domain', `import type { Profile } from '../docspace/profile.js'`],
  ['domain', `import { readFileSync } from 'node:fs'`],
  ['workflows', `import 'node:fs'`],
  ['workflows', `import got from 'got'`],
  ['workflows', `import { Client } from '@temporalio/client'`],
  ['workflows', `import { createActivities } from '../activities/index.js'`],
  ['workflows', `import type { Profile } from '../docspace/profile.js'`],
  ['domain', `import 'node:url'`],
  ['activities', `import { Client } from '@temporalio/client'`],
  ['activities', `import type { onboardUser } from '../workflows/index.js'`],
  ['activities', `import { startSandbox } from '../sandbox/server.js'`],
  ['docspace', `import { Context } from '@temporalio/activity'`],
  ['docspace', `import { createActivities } from '../activities/index.js'`],
  ['people', `import { ApplicationFailure } from '@temporalio/common'`],
  ['people', `import { Portal } from '../docspace/profile.js'`],
  ['sandbox', `import type { Role } from '../domain/roles.js'`],
  ['sandbox', `import { Worker } from '@temporalio/worker'`],
  ['client', `import { onboard } from '../commands/onboard.js'`],
  ['client', `import { onboardUser } from '../workflows/index.js'`],
  ['commands', `import { Profile } from '../docspace/profile.js'`],
  ['commands', `import { startSandbox } from '../sandbox/server.js'`],
  ['commands', `import { main } from '../starter.js'`],
  ['unlisted', `import { roles } from '../domain/roles.js'`],
] as const;

const allowed = [
  ['contract', `import { defineSignal } from '@temporalio/workflow'`],
  ['workflows', `import type { Activities } from '../activities/index.js'`],
  ['workflows', `import { roles } from '../domain/roles.js'`],
  ['activities', `import type { Profile } from '../docspace/profile.js'`],
  ['docspace', `import got from 'got'`],
  ['client', `import type { onboardUser } from '../workflows/index.js'`],
  ['commands/doctor', `import { Profile } from '../docspace/profile.js'`.replace('../', '../../')],
] as const;

const targets = [
  'workflows/index',
  'docspace/profile',
  'activities/index',
  'sandbox/server',
  'domain/roles',
  'commands/onboard',
  'starter',
];

const folder = emptyFolder();
const refused = refusedFiles();

describe('an import that the layers do not allow', () => {
  it.each(forbidden.map(([layer, line], index) => [layer, line, index] as const))(
    'is refused in src/%s: %s',
    (layer, _, index) => expect(refused).toContain(`src/${layer}/forbidden-${index}.ts`),
  );

  it('is refused in a cycle of type-only imports', () => {
    expect(refused).toContain('src/utils/one.ts');
  });
});

describe('an import that the layers allow', () => {
  it.each(allowed.map(([layer, line], index) => [layer, line, index] as const))(
    'is accepted in src/%s: %s',
    (layer, _, index) => expect(refused).not.toContain(`src/${layer}/allowed-${index}.ts`),
  );
});

it('docs/architecture.md lists each folder above those that it imports', async () => {
  const { layers } = (await import(join(root, '.dependency-cruiser.mjs'))) as { layers: Record<string, string[]> };
  const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  const listed = [...page.matchAll(/^\| `(\w+)\/` \|/gm)].map(([, name = '']) => name);
  expect(listed.toSorted()).toEqual(Object.keys(layers).toSorted());
  const upward = Object.entries(layers).flatMap(([name, imported]) =>
    imported.filter((each) => listed.indexOf(each) < listed.indexOf(name)).map((each) => `${name} imports ${each}`),
  );
  expect(upward).toEqual([]);
});

/** The files that the rules of this project refuse, of a tree that has one import in each file. */
function refusedFiles(): string[] {
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const name of ['.dependency-cruiser.mjs', '.oxlintrc.json', 'tsconfig.json', 'package.json'])
    copyFileSync(join(root, name), join(folder, name));
  for (const target of targets) write(`src/${target}.ts`, 'export {}');
  for (const [index, [layer, line]] of forbidden.entries()) write(`src/${layer}/forbidden-${index}.ts`, line);
  for (const [index, [layer, line]] of allowed.entries()) write(`src/${layer}/allowed-${index}.ts`, line);
  write('src/utils/one.ts', `import type { Other } from './other.js'; export interface One { other: Other }`);
  write('src/utils/other.ts', `import type { One } from './one.js'; export interface Other { one: One }`);

  const cruised = JSON.parse(
    run('dependency-cruiser/bin/dependency-cruise.mjs', ['--config', '.dependency-cruiser.mjs', '-T', 'json', 'src']),
  ) as { summary: { violations: { from: string }[] } };
  const linted = JSON.parse(run('oxlint/bin/oxlint', ['-f', 'json'])) as {
    diagnostics: { code: string; filename: string }[];
  };
  return [
    ...cruised.summary.violations.map(({ from }) => from),
    ...linted.diagnostics
      .filter(({ code }) => code === 'eslint(no-restricted-imports)')
      .map(({ filename }) => filename.slice(filename.indexOf('src/'))),
  ];
}

function run(program: string, args: string[]): string {
  const path = join(root, 'node_modules', program);
  return spawnSync(process.execPath, [path, ...args], { cwd: folder, encoding: 'utf8', maxBuffer: 1e8 }).stdout;
}

function write(path: string, line: string): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${line};\n`);
}
