import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const textAt = (path: string): string => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

interface Manifest {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  allowScripts: Record<string, boolean>;
}
interface Lock {
  packages: Record<string, { integrity?: string; hasInstallScript?: boolean; link?: boolean }>;
}

const { dependencies, devDependencies, allowScripts } = JSON.parse(textAt('package.json')) as Manifest;
const { packages } = JSON.parse(textAt('package-lock.json')) as Lock;
const installed = Object.entries(packages).filter(([path]) => path !== '');

describe('dependencies', () => {
  it('are pinned to one version', () => {
    for (const version of Object.values({ ...dependencies, ...devDependencies }))
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('each has its reason in docs/dependencies.md', () => {
    const text = textAt('docs/dependencies.md');
    const unexplained = Object.keys({ ...dependencies, ...devDependencies }).filter(
      (name) => !text.includes(`\`${name}\``) && !text.includes(`\`${name.replace('@temporalio/', '')}\``),
    );
    expect(unexplained).toEqual([]);
  });

  it('have a hash in the lock file', () => {
    expect(installed.length).toBeGreaterThan(100);
    expect(installed.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path)).toEqual(
      [],
    );
  });

  it('run no script when they are installed', () => {
    const named = new Set(Object.keys(allowScripts));
    const scripted = installed.filter(([, { hasInstallScript }]) => hasInstallScript);
    const names = scripted.map(([path]) => path.split('node_modules/').at(-1) ?? '');
    expect(names.filter((name) => name !== 'fsevents' && !named.has(name))).toEqual([]);
    expect(Object.values(allowScripts)).not.toContain(true);
  });
});

describe('the release workflow', () => {
  interface Step {
    run?: string;
    uses?: string;
  }
  const workflow = parse(textAt('.github/workflows/release.yml')) as {
    permissions: object;
    jobs: Record<string, { steps: Step[] }>;
  };
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

  it('audits what is installed, and its signatures', () => {
    const runs = steps.flatMap(({ run }) => run ?? []);
    expect(runs).toEqual(expect.arrayContaining(['npm audit --omit=dev --audit-level=high', 'npm audit signatures']));
    expect(runs.filter((run) => /\|\|/.test(run))).toEqual([]);
  });

  it('has no rights but to read, and pins the actions of others', () => {
    expect(workflow.permissions).toEqual({});
    for (const { uses } of steps) if (uses !== undefined) expect(uses).toMatch(/@[\da-f]{40}$/);
  });
});
