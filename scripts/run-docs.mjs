// Runs every command block of README, CONTRIBUTING and docs/ in order, as a newcomer would: in a new checkout and with nothing
// else set up. Placeholders for the reader's own portal, key and server are replaced.
//
//   npm run docs                          all pages
//   npm run docs -- docs/operations.md    one page
//
// If a block cannot be run, the line before it says so: <!-- not run: WHY -->. If its last command keeps running, the line before
// it is <!-- keeps running, and says: TEXT -->, and the command is stopped at the end of the page.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { freshCheckout, root } from './checkout.mjs';
import './build.mjs';

const { freePort } = await import('../dist/local/ports.js');
const { findTemporalCli } = await import('../dist/local/temporal-cli.js');
const { path: cli } = await findTemporalCli(join(root, '.local/temporal-cli'), console.error);
const { PATH, HOME } = process.env;
const env = { HOME, PATH: cli.includes('/') ? dirname(cli) + delimiter + PATH : PATH };

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'))
    .sort()
    .map((name) => `docs/${name}`),
];
const asked = process.argv.slice(2);
const folder = freshCheckout();
const around = [];
const notRun = [];

try {
  const replaced = await surroundings();
  // README contains `npm ci`; a page that runs alone needs it as well.
  if (asked.length > 0) await run('npm ci');
  for (const page of asked.length > 0 ? asked : pages.filter((name) => name.endsWith('.md'))) {
    const script = scriptOf(page);
    if (script !== '')
      await run(Object.entries(replaced).reduce((text, [word, by]) => text.replaceAll(word, by), script));
  }
  for (const each of notRun) process.stdout.write(`not run: ${each}\n`);
} finally {
  for (const child of around) child.kill();
  rmSync(folder, { recursive: true, force: true });
}

/** Starts a portal and a Temporal server of the reader's own, and returns the placeholders that they replace. */
async function surroundings() {
  const sandbox = spawn(process.execPath, [join(root, 'dist/starter.js'), 'sandbox', '--port', '0', '--json'], { env });
  around.push(sandbox);
  const [line] = await once(createInterface(sandbox.stdout), 'line');
  const { url, keys } = JSON.parse(line);
  const port = String(await freePort(0));
  around.push(spawn(cli, ['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', port, '--namespace', 'onboarding'], { env })); // prettier-ignore
  return { 'https://portal.example.com': url, 'sk-…': keys.owner, 'temporal.example.com:7233': `127.0.0.1:${port}` };
}

/** Joins the blocks of a page into one script, so a block sees what an earlier one exported. */
function scriptOf(page) {
  const lines = readFileSync(join(root, page), 'utf8').split('\n');
  const script = [];
  for (let at = 0; at < lines.length; at++) {
    if (!/^```(?:sh|bash|console)$/.test(lines[at])) continue;
    const end = lines.indexOf('```', at);
    const commands = lines.slice(at + 1, end);
    const place = `${page}:${at + 1}`;
    const [, why] = /^<!-- not run: (.+) -->$/.exec(lines[at - 1]) ?? [];
    const [, says] = /^<!-- keeps running, and says: (.+) -->$/.exec(lines[at - 1]) ?? [];
    at = end;
    if (why) {
      notRun.push(`${place}: ${why}`);
      continue;
    }
    const last = says && commands.pop();
    script.push(`printf '\\n--- %s\\n' '${place}'`, ...commands);
    if (says) script.push(`stays '${says}' ${last}`);
  }
  return script.join('\n');
}

/** Runs a script and stops at the first command that fails. */
async function run(script) {
  const shell = `
    set -euo pipefail -m
    trap 'for job in $(jobs -p); do kill -TERM -- -$job; wait $job || true; done' EXIT
    stays() { # stays TEXT COMMAND…: until it says the text
      local log=$(mktemp) says=$1; shift
      "$@" > "$log" 2>&1 &
      local tries=0
      until grep -q "$says" "$log"; do
        if [ $((tries++)) -gt 300 ] || ! kill -0 $!; then cat "$log"; return 1; fi
        sleep 0.2
      done
    }
    ${script}`;
  const bash = spawn('bash', ['-c', shell], { cwd: folder, env, stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = await once(bash, 'exit');
  if (code !== 0) throw new Error(`the last command above exited with ${code}`);
}
