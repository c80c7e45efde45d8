// The services of docker-compose.yml as processes of this machine, and an import through all that can happen to them
// (`npm run test:cluster`): PostgreSQL from the system's packages, and Temporal's own server, built once from its Go module.
//
//   npm run test:cluster          says what it skipped where Go or PostgreSQL cannot be had
//   npm run test:cluster -- -u    the same, and keeps what was measured in bench/results/
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { keepResult } from '../bench/report.mjs';
import { root } from './checkout.mjs';

const { services } = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true });
const release = services.temporal.image.split(':')[1];
const server = `go.temporal.io/server@v${release}`;

const postgresql = findPostgresql();
if (!hasGo()) skip('Go was not found, and Temporal’s own server is built with it: https://go.dev/doc/install');
else if (!postgresql) skip('PostgreSQL was not found: apt-get install postgresql, or its programs on the PATH');
else await run();

function skip(why) {
  console.log(`Skipped, nothing was tested: ${why}`);
}

async function run() {
  const programs = buildServer();
  const folder = mkdtempSync(join(tmpdir(), 'cluster-result-'));
  const update = process.argv.slice(2).filter((flag) => flag === '-u' || flag === '--update');
  const forVitest = process.argv.slice(2).filter((flag) => !update.includes(flag));
  const config = ['--config', join(root, 'test/cluster/vitest.config.ts')];
  const vitest = spawn(
    process.execPath,
    [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...config, ...forVitest],
    {
      cwd: root,
      stdio: 'inherit',
      env: {
        ...process.env,
        CLUSTER_SERVER: programs,
        CLUSTER_SCHEMA: join(go('list', '-m', '-f', '{{.Dir}}', server), 'schema'),
        CLUSTER_POSTGRESQL: postgresql,
        CLUSTER_RESULT: join(folder, 'result.json'),
      },
    },
  );
  process.exitCode = (await new Promise((resolve) => vitest.once('exit', resolve))) ?? 1;
  if (process.exitCode === 0 && update.length > 0) {
    const result = JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8'));
    const versions = execFileSync(join(postgresql, 'postgres'), ['--version'], { encoding: 'utf8' }).trim();
    const file = keepResult('cluster', { services: [`Temporal server ${release}`, versions], ...result });
    console.log(`What was measured is in ${file}.`);
  }
  rmSync(folder, { recursive: true, force: true });
}

/** @returns the folder of the server and of the tool that brings its tables up */
function buildServer() {
  const folder = join(root, '.local/cluster', release);
  const programs = { 'cmd/server': 'temporal-server', 'cmd/tools/sql': 'temporal-sql-tool' };
  for (const [path, name] of Object.entries(programs)) {
    const file = join(folder, name);
    if (existsSync(file)) continue;
    console.log(`Building ${name} ${release} once, which takes minutes …`);
    go('install', `go.temporal.io/server/${path}@v${release}`);
    renameSync(join(folder, path.split('/').at(-1)), file);
  }
  return folder;
}

function go(...args) {
  const env = { ...process.env, GOBIN: join(root, '.local/cluster', release), GOFLAGS: '-mod=mod' };
  return execFileSync('go', args, {
    cwd: tmpdir(),
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();
}

function hasGo() {
  try {
    return go('version') !== '';
  } catch {
    return false;
  }
}

/** Debian keeps the server's programs off the PATH, in a folder for each release. */
function findPostgresql() {
  const debian = '/usr/lib/postgresql';
  const releases = existsSync(debian) ? readdirSync(debian).toSorted((one, other) => Number(other) - Number(one)) : [];
  const folders = [...(process.env.PATH ?? '').split(':'), ...releases.map((each) => join(debian, each, 'bin'))];
  const needed = ['initdb', 'postgres', 'pg_isready', 'psql'];
  return folders.find((folder) => needed.every((name) => existsSync(join(folder, name))));
}
