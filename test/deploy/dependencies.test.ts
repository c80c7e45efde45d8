import { execSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../../', import.meta.url));
const textAt = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Manifest {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  allowScripts: Record<string, boolean>;
  scripts: Record<string, string>;
}
interface Lock {
  lockfileVersion: number;
  packages: Record<string, Part>;
}
interface Part {
  version: string;
  resolved?: string;
  integrity?: string;
  hasInstallScript?: boolean;
  dev?: boolean;
  license?: string;
}

const { dependencies, devDependencies, allowScripts, scripts } = JSON.parse(textAt('package.json')) as Manifest;
const { lockfileVersion, packages } = JSON.parse(textAt('package-lock.json')) as Lock;
const installed = Object.entries(packages).filter(([path]) => path !== '');
const shipped = installed.filter(([, { dev }]) => !dev);
const nameOf = (path: string): string => path.split('node_modules/').at(-1) ?? '';

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

  it('have no address in the lock file: they come from the configured registry', () => {
    expect(lockfileVersion).toBe(3);
    expect(installed.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
  });

  it('that are shipped are under a licence that docs/dependencies.md names', () => {
    const text = textAt('docs/dependencies.md');
    const licences = new Set(shipped.map(([path, { license }]) => license ?? nameOf(path)));
    expect(licences.size).toBeGreaterThan(3);
    expect([...licences].filter((licence) => !text.includes(`\`${licence}\``))).toEqual([]);
  });

  it('run no script when they are installed, with any npm', () => {
    expect(textAt('.npmrc')).toMatch(/^ignore-scripts=true$/m);
    // npm would skip these silently.
    const hooks = Object.keys(scripts).filter((name) => /^(?:pre|post)/.test(name) && name !== 'prepare');
    expect(hooks).toEqual([]);
    const named = new Set(Object.keys(allowScripts));
    const scripted = installed.filter(([, { hasInstallScript }]) => hasInstallScript);
    const names = scripted.map(([path]) => nameOf(path));
    expect(names.filter((name) => name !== 'fsevents' && !named.has(name))).toEqual([]);
    expect(Object.values(allowScripts)).not.toContain(true);
  });
});

describe('the release workflow', () => {
  interface Step {
    run?: string;
    uses?: string;
    with?: Record<string, unknown>;
  }
  const workflow = parse(textAt('.github/workflows/release.yml')) as {
    permissions: object;
    jobs: Record<string, { steps: Step[] }>;
  };
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
  const runs = steps.flatMap(({ run }) => run ?? []);

  it('audits what is installed, and its signatures', () => {
    expect(runs).toEqual(expect.arrayContaining(['npm audit --omit=dev --audit-level=high', 'npm audit signatures']));
    expect(runs.filter((run) => /\|\|/.test(run))).toEqual([]);
  });

  it('keeps a list of all shipped parts', () => {
    const [, command = ''] = runs.map((run) => /^(npm sbom .*) > sbom\.json$/.exec(run)).find((made) => made) ?? [];
    const { components } = JSON.parse(execSync(command, { cwd: root, encoding: 'utf8' })) as {
      components: { 'bom-ref': string; licenses?: unknown[] }[];
    };
    const listed = new Set(components.map((part) => part['bom-ref']));
    // The others are builds for other systems.
    const here = shipped.filter(([path]) => existsSync(join(root, path)));
    expect(here.length).toBeGreaterThan(100);
    expect(here.map(([path, { version }]) => `${nameOf(path)}@${version}`).filter((part) => !listed.has(part))).toEqual(
      [],
    );
    expect(steps.map(({ with: given }) => given?.['path'])).toContain('sbom.json');
  });

  it('has only read permissions, and pins the actions of others', () => {
    expect(workflow.permissions).toEqual({});
    for (const { uses } of steps) if (uses !== undefined) expect(uses).toMatch(/@[\da-f]{40}$/);
  });
});
