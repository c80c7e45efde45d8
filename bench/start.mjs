// Measures how long it takes until `npm start` has an outcome (first and later runs), until help and template are printed, and
// until a worker is ready.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { keepResult, median, round } from './report.mjs';
import { atExit, begun, ended, openStage } from './stage.mjs';

const times = 5;
const root = fileURLToPath(new URL('..', import.meta.url));
const execute = promisify(execFile);

/** If the benchmark stops, npm passes SIGTERM on to the command, which then stops its own server. */
function run(...command) {
  const running = execute(...command);
  begun(running.child, 'SIGTERM');
  return running;
}

/** How many seconds the work takes. */
async function timed(work) {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1_000;
}

async function timedOften(work) {
  const took = [];
  for (let time = 0; time < times; time++) took.push(await timed(work));
  return median(took);
}

/** A checkout in which everything is installed and nothing has run yet. It has the cached Temporal CLI. */
function checkout() {
  const folder = mkdtempSync(join(tmpdir(), 'bench-start-'));
  for (const name of [
    'src',
    'scripts',
    'dist',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
  ])
    cpSync(join(root, name), join(folder, name), { recursive: true, preserveTimestamps: true });
  const cli = '.local/temporal-cli';
  if (existsSync(join(root, cli))) cpSync(join(root, cli), join(folder, cli), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  atExit(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

const { PATH, HOME } = process.env;
const inFolder = (cwd, command, args) => () => run(command, args, { cwd, env: { PATH, HOME } });

// The stage comes first, because in a new clone it fetches the Temporal CLI that the checkout copies.
const stage = await openStage();
const folder = checkout();
try {
  const starter = (...args) => inFolder(folder, process.execPath, ['dist/starter.js', ...args]);
  const start = inFolder(folder, 'npm', ['start']);
  const afresh = async () => {
    rmSync(join(folder, '.local/sandbox'), { recursive: true, force: true });
    await start();
  };
  const seconds = {
    'npm start, with nothing built': await timed(async () => {
      rmSync(join(folder, 'dist'), { recursive: true });
      await start();
    }),
    'npm start, with no history': await timedOften(afresh),
    'npm start again': await timedOften(start),
    'starter --help': await timedOften(starter('--help')),
    'starter template': await timedOften(starter('template')),
    'worker ready': await timedOften(async () => {
      const worker = await stage.startWorker();
      worker.kill('SIGKILL');
      await ended(worker);
    }),
  };
  for (const [name, took] of Object.entries(seconds)) process.stdout.write(`${name}: ${round(took)} s\n`);
  keepResult('start', { times, seconds });
} finally {
  await stage.close();
}
