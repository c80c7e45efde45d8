// How long a killed worker, or a killed Temporal server, holds up onboardings that are in flight. Real processes, a
// portal that takes 300 ms for each call, `kill -9`, and the same program started again at once.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import Table from 'cli-table3';
import { findTemporalCli } from '../dist/local/temporal-cli.js';
import { spawnDevServer } from '../dist/local/dev-server.js';
import { freePort } from '../dist/local/ports.js';
import { startDetached } from '../dist/commands/start.js';

const { values } = parseArgs({
  options: {
    people: { type: 'string', default: '40' },
    latency: { type: 'string', default: '300' },
    runs: { type: 'string', default: '3' },
    victims: { type: 'string', default: 'worker,server' },
    json: { type: 'boolean', default: false },
  },
});
const people = Number(values.people);
const latency = Number(values.latency);
const program = (name) => fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url));
const say = (line) => process.stderr.write(`${line}\n`);

const results = [];
const cli = await findTemporalCli('.local/temporal-cli', say);
for (const victim of values.victims.split(',')) {
  for (let run = 0; run < Number(values.runs); run++) results.push(await measure(victim));
}
if (values.json) process.stdout.write(`${JSON.stringify(results)}\n`);
else print(results);
process.exit(results.every(({ lost, twice }) => lost === 0 && twice === 0) ? 0 : 1);

function print(rows) {
  const names = Object.keys(rows[0]);
  const table = new Table({ head: names, style: { head: [], border: [] } });
  for (const row of rows) table.push(names.map((name) => row[name]));
  process.stdout.write(`${table.toString()}\n`);
}

async function measure(victim) {
  const folder = mkdtempSync(join(tmpdir(), 'recovery-'));
  const port = await freePort(0);
  const uiPort = await freePort(0);
  const startServer = async () => {
    const server = spawnDevServer(cli.path, folder, port, uiPort);
    await server.listening();
    return server;
  };
  let server = await startServer();
  const sandbox = spawn(process.execPath, [program('starter'), 'sandbox', '--port', '0', '--json', '--faults'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface({ input: sandbox.stdout }), 'line');
  const { url, keys } = JSON.parse(line);
  const portal = await slowed(url);
  const client = await connected(`127.0.0.1:${port}`);
  const startWorker = () =>
    spawn(process.execPath, [program('worker')], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        API_HOST: portal.url,
        API_KEY: keys.owner,
        TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
        SETTLE_WINDOW: '1s',
        LOG_LEVEL: 'info',
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  let worker = startWorker();
  await ready(worker);

  const session = { client, namespace: 'default', taskQueue: 'docspace-onboarding', portal: portal.url };
  const handles = [];
  for (let index = 0; index < people; index++) {
    const input = { email: `p${index}@example.com`, firstName: 'Jane', lastName: 'Roe', role: 'Manager' };
    handles.push(startDetached(session, { ...input, portal: portal.url, roleWindow: 0 }));
  }
  await portal.creates(people);
  const before = performance.now();
  const seconds = () => Number(((performance.now() - before) / 1_000).toFixed(1));
  let readyAfter;
  if (victim === 'worker') {
    worker.kill('SIGKILL');
    worker = startWorker();
    void ready(worker).then(() => (readyAfter = seconds()));
  } else {
    process.kill(server.pid, 'SIGKILL');
    server = await startServer();
    readyAfter = seconds();
  }
  const done = [];
  const outcomes = await Promise.all(
    handles.map(async (handle) => {
      const outcome = await resultOf(await handle);
      done.push(seconds());
      return outcome;
    }),
  );
  const recovered = seconds();
  const accounts = (await (await fetch(`${url}/sandbox/people`)).json()).filter(({ email }) => /^p\d+@/.test(email));
  const of = (email) => accounts.filter((account) => account.email === email);
  worker.kill('SIGTERM');
  await once(worker, 'exit');
  await client.connection.close();
  portal.close();
  sandbox.kill('SIGTERM');
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
  return {
    victim,
    people,
    'portal ms': latency,
    'ready s': readyAfter,
    'half done s': done[Math.floor(people / 2)],
    'all done s': recovered,
    posts: portal.posts(),
    lost: outcomes.filter(({ email, role }) => role !== 'RoomAdmin' || of(email)[0]?.type !== 'RoomAdmin').length,
    twice: accounts.length - new Set(accounts.map(({ email }) => email)).size,
  };
}

async function resultOf(handle) {
  for (;;) {
    try {
      return await handle.result();
    } catch (error) {
      if (error?.code !== 14 && error?.cause?.code !== 14) throw error;
      await delay(50);
    }
  }
}

async function connected(address) {
  for (;;) {
    try {
      const connection = await Connection.connect({ address });
      await connection.workflowService.describeNamespace({ namespace: 'default' });
      return new Client({ connection });
    } catch {
      await delay(50);
    }
  }
}

function ready(worker) {
  return new Promise((resolve) => {
    createInterface({ input: worker.stderr }).on('line', (line) => {
      if (line.includes('worker ready')) resolve();
    });
  });
}

/** The sandbox behind a door that takes its time. */
async function slowed(url) {
  let creates = 0;
  let check = () => undefined;
  const server = createServer(async (incoming, response) => {
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    if (incoming.method === 'POST' && incoming.url === '/api/2.0/people') {
      creates++;
      check();
    }
    // What has arrived is carried out, whether or not somebody still waits for the answer.
    await delay(latency / 2);
    const { method, headers, url: path } = incoming;
    const outgoing = httpRequest(new URL(path, url), { method, headers }, async (answer) => {
      await delay(latency / 2);
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    outgoing.end(Buffer.concat(chunks));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    posts: () => creates,
    creates: (count) => new Promise((resolve) => ((check = () => creates >= count && resolve()), check())),
    close: () => (server.closeAllConnections(), server.close()),
  };
}
