// What the benchmarks run on: the Temporal dev server over a file, the sandbox, workers and starters, each a process of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { WorkflowIds } from '../dist/codec/workflow-ids.js';
import { spawnDevServer } from '../dist/local/dev-server.js';
import { freePort } from '../dist/local/ports.js';
import { findTemporalCli } from '../dist/local/temporal-cli.js';

const program = (name) => fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url));
const bench = (name) => fileURLToPath(new URL(`./${name}.mjs`, import.meta.url));

export const say = (line) => process.stderr.write(`${line}\n`);

/** What ends what is still there when a benchmark ends before its time: by a signal, by a timeout, or by an error. */
const remains = new Set();
process.on('exit', () => remains.forEach((end) => end()));
for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 }))
  process.on(signal, () => process.exit(code));

/** @returns what takes it back */
export function atExit(end) {
  remains.add(end);
  return () => void remains.delete(end);
}

/** @param sandboxFlags as in `['--limits']` */
export async function openStage({ sandboxFlags = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const cli = await findTemporalCli('.local/temporal-cli', say);
  const ports = { server: await freePort(0), ui: await freePort(0) };
  const removeFolder = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  let server;
  const closed = atExit(() => {
    if (server?.pid) killed(server.pid);
    removeFolder();
  });
  const startServer = async () => {
    server = spawnDevServer(cli.path, folder, ports.server, ports.ui);
    await server.listening();
  };
  await startServer();
  const sandbox = run('starter', ['sandbox', '--port', '0', '--json', '--faults', ...sandboxFlags], { cwd: folder });
  const [line] = await once(createInterface({ input: sandbox.stdout }), 'line');
  const { url, keys } = JSON.parse(line);

  const control = async (method, path, body) => {
    const answer = await fetch(`${url}/sandbox${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
    if (!answer.ok) throw new Error(`sandbox ${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const env = {
    PATH: process.env.PATH,
    API_HOST: url,
    API_KEY: keys.owner,
    TEMPORAL_ADDRESS: `127.0.0.1:${ports.server}`,
    LOG_LEVEL: 'warn',
  };

  const connection = await Connection.connect({ address: env.TEMPORAL_ADDRESS });
  const client = new Client({ connection });

  return {
    folder,
    cli,
    /** What the commands of the starter work on. */
    session: sessionOf(client, url),
    address: env.TEMPORAL_ADDRESS,
    portal: { url, key: keys.owner, control },
    pids: () => ({ server: server.pid, sandbox: sandbox.pid }),
    startServer,
    killServer: async () => {
      killed(server.pid);
      await server.stop();
    },
    async startWorker(settings = {}) {
      const worker = run('worker', [], { cwd: folder, env: { ...env, LOG_LEVEL: 'info', ...settings } });
      const lines = createInterface({ input: worker.stderr });
      for await (const each of lines) if (each.includes('worker ready')) break;
      worker.stderr.resume();
      return worker;
    },
    starter: (args, settings = {}) => run('starter', args, { cwd: folder, env: { ...env, ...settings } }),
    async close() {
      await connection.close();
      sandbox.kill('SIGTERM');
      await server.stop();
      removeFolder();
      closed();
    },
  };
}

function run(name, args, options) {
  return begun(spawn(process.execPath, [program(name), ...args], { stdio: ['ignore', 'pipe', 'pipe'], ...options }));
}

/** A program of this folder. */
export function runBench(name, args, env = {}) {
  return begun(spawn(process.execPath, [bench(name), ...args], { stdio: ['ignore', 'pipe', 'pipe'], env }));
}

/** A process that does not outlive the benchmark. */
export function begun(child, signal = 'SIGKILL') {
  child.once(
    'exit',
    atExit(() => child.kill(signal)),
  );
  return child;
}

function killed(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}

export async function ended(child) {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

/** CPU seconds that a process has used, and its memory in MB, now and at most. */
export function usageOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const megabytes = (name) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
    const cpu = (Number(fields[11]) + Number(fields[12])) / 100;
    return { cpu, mb: megabytes('VmRSS'), peak: megabytes('VmHWM') };
  } catch {
    return { cpu: 0, mb: 0, peak: 0 };
  }
}

/** A name that a portal takes: letters alone. */
export function nameOf(index) {
  let letters = '';
  for (let rest = index + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    letters = String.fromCharCode(97 + ((rest - 1) % 26)) + letters;
  }
  return letters;
}

/** So many people, of whom each fourth gets a paid role. */
export function peopleOf(count, prefix = 'p') {
  return Array.from({ length: count }, (_, index) => ({
    email: `${prefix}${index}@example.com`,
    firstName: 'Pat',
    lastName: nameOf(index),
    role: index % 4 === 3 ? 'RoomAdmin' : 'User',
  }));
}

export function csvOf(count) {
  const rows = peopleOf(count).map(({ firstName, lastName, email, role }) => [firstName, lastName, email, role].join());
  return ['first name,last name,email,role', ...rows, ''].join('\n');
}

/** What the client functions of the starter work on. */
export function sessionOf(client, portal) {
  const workflowIds = new WorkflowIds(undefined);
  return { client, namespace: 'default', taskQueue: 'docspace-onboarding', portal, workflowIds };
}
