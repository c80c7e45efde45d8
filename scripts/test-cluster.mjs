// Runs the services of docker-compose.yml as local processes, and an import during crashes and restarts of each
// (`npm run test:cluster`). PostgreSQL comes from the system's packages; Temporal's server is built once from its Go module.
//
//   npm run test:cluster          prints what was skipped if Go or PostgreSQL is missing
//   npm run test:cluster -- -u    also writes the measurements to bench/results/
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
if (!hasGo()) skip('Go was not found. It is needed to build Temporal’s server: https://go.dev/doc/install');
else if (!postgresql)
  skip('PostgreSQL was not found. Install it (apt-get install postgresql), or put its programs on the PATH.');
else await run();

function skip(why) {
  console.log(`Skipped; nothing was tested. ${why}`);
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
    console.log(`The measurements are in ${file}.`);
  }
  rmSync(folder, { recursive: true, force: true });
}

/** @returns the folder of the server and of the tool that migrates its schema */
function buildServer() {
  const folder = join(root, '.local/cluster', release);
  const programs = { 'cmd/server': 'temporal-server', 'cmd/tools/sql': 'temporal-sql-tool' };
  for (const [path, name] of Object.entries(programs)) {
    const file = join(folder, name);
    if (existsSync(file)) continue;
    console.log(`Building ${name} ${release}. This takes minutes, but happens only once …`);
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

/** Debian keeps the server's programs in a folder for each release, which is not on the PATH. */
function findPostgresql() {
  const debian = '/usr/lib/postgresql';
  const releases = existsSync(debian) ? readdirSync(debian).toSorted((one, other) => Number(other) - Number(one)) : [];
  const folders = [...(process.env.PATH ?? '').split(':'), ...releases.map((each) => join(debian, each, 'bin'))];
  const needed = ['initdb', 'postgres', 'pg_isready', 'psql'];
  return folders.find((folder) => needed.every((name) => existsSync(join(folder, name))));
}
