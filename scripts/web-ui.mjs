// Shared by the scripts that take screenshots of the Web UI: a browser, and the stack of `npm run dev` in an empty folder.
//
// They need Chromium (CHROMIUM, /usr/bin/chromium by default), the ports of `npm run dev`, and playwright-core, which is not a
// dependency of this project:
//   npm install --prefix FOLDER playwright-core
//   PLAYWRIGHT_CORE=FOLDER/node_modules/playwright-core node scripts/…
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { root } from './checkout.mjs';

export const webUi = 'http://localhost:8233/namespaces/default/workflows';

/**
 * Starts the stack, takes screenshots, and stops it.
 *
 * @param settings environment variables for every program
 * @param work receives a page, and functions that run a program of the stack
 */
export async function withStack(settings, work) {
  const chromium = findChromium();
  await import('./build.mjs');
  const { findTemporalCli } = await import('../dist/local/temporal-cli.js');
  const { path: cli } = await findTemporalCli(join(root, '.local/temporal-cli'), console.error);

  const folder = mkdtempSync(join(tmpdir(), 'pictures-'));
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, TEMPORAL_CLI: cli, ...settings };
  const started = [];
  let browser;
  const program = (name, ...args) => {
    const all = [join(root, `dist/${name}.js`), ...args];
    const child = spawn(process.execPath, all, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    started.push(child);
    return child;
  };
  try {
    await says(program('starter', 'dev'), 'worker ready');
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'], // prettier-ignore
    });
    const page = await browser.newPage({ viewport: { width: 1500, height: 1300 } });
    const run = (...args) => output(program('starter', ...args), args);
    await work({ page, run, program, cli, folder });
  } finally {
    await browser?.close();
    for (const each of started.toReversed()) if (each.exitCode === null) await ended(each);
    rmSync(folder, { recursive: true });
  }
}

/** Writes a screenshot of a page into docs/. */
export function picture(page, name, options) {
  return page.screenshot({ path: join(root, `docs/web-ui-${name}.png`), animations: 'disabled', ...options });
}

export function says(child, text) {
  return new Promise((done, failed) => {
    let said = '';
    child.stderr.on('data', (chunk) => (said += chunk).includes(text) && done());
    child.once('exit', () => failed(new Error(`the process ended without printing "${text}":\n${said}`)));
  });
}

async function output(child, args) {
  let out = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${args.join(' ')} exited with ${code}`);
  return out;
}

async function ended(child) {
  child.kill('SIGINT');
  await once(child, 'exit');
}

function findChromium() {
  const path = process.env.PLAYWRIGHT_CORE ?? 'playwright-core';
  try {
    return createRequire(import.meta.url)(existsSync(path) ? resolve(path) : path).chromium;
  } catch {
    console.error('playwright-core is missing. The first lines of scripts/web-ui.mjs show how to install it.');
    process.exit(1);
  }
}
