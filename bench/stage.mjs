// The environment of a benchmark: Temporal's dev server with a database file, the sandbox, workers and starters, each in its own
// process.
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

/** Cleans up if a benchmark ends early: after a signal, a timeout or an error. */
const remains = new Set();
process.on('exit', () => remains.forEach((end) => end()));
for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 }))
  process.on(signal, () => process.exit(code));

/** Registers a clean-up for the exit. @returns a function that removes it again */
export function atExit(end) {
  remains.add(end);
  return () => void remains.delete(end);
}

/** @param sandboxFlags options of the sandbox, for example `['--limits']` */
export async function openStage(sandboxFlags = []) {
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
  /** A call of the portal's own API, by its owner. */
  const call = async (method, path, body) => {
    const headers = { authorization: `Bearer ${keys.owner}`, 'content-type': 'application/json' };
    const answer = await fetch(`${url}/api/2.0${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()).response;
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
    /** The session that the client functions need. */
    session: sessionOf(client, url),
    address: env.TEMPORAL_ADDRESS,
    portal: { url, key: keys.owner, control, call },
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

/** Runs a program in this folder. */
export function runBench(name, args, env = {}) {
  return begun(spawn(process.execPath, [bench(name), ...args], { stdio: ['ignore', 'pipe', 'pipe'], env }));
}

/** Ensures that a process does not outlive the benchmark. */
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
    // The process has already ended.
  }
}

export async function ended(child) {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

/** The CPU seconds that a process has used, and its current and peak memory in MB. */
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

/** A name of letters only, as a portal requires. */
export function nameOf(index) {
  let letters = '';
  for (let rest = index + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    letters = String.fromCharCode(97 + ((rest - 1) % 26)) + letters;
  }
  return letters;
}

const everyFourth = (index) => index % 4 === 3;
export const everybody = () => true;

/** Invents people. The promoted ones get a paid role. */
export function peopleOf(count, prefix = 'p', isPromoted = everyFourth) {
  return Array.from({ length: count }, (_, index) => ({
    email: `${prefix}${index}@example.com`,
    firstName: 'Pat',
    lastName: nameOf(index),
    role: isPromoted(index) ? 'RoomAdmin' : 'User',
  }));
}

export function csvOf(count) {
  const rows = peopleOf(count).map(({ firstName, lastName, email, role }) => [firstName, lastName, email, role].join());
  return ['first name,last name,email,role', ...rows, ''].join('\n');
}

/** The session that the client functions of the starter need. */
export function sessionOf(client, portal) {
  const workflowIds = new WorkflowIds(undefined);
  return { client, namespace: 'default', taskQueue: 'docspace-onboarding', portal, workflowIds };
}
