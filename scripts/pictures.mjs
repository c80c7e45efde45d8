// Makes the pictures of the Web UI in docs/ again, and tries on the way what they show: a role change that is sent in the
// Web UI's own dialog changes the portal, and then the details.
//
// Needs Chromium (CHROMIUM, /usr/bin/chromium by default) and playwright-core, which is no part of this project:
//   npm install --prefix FOLDER playwright-core
//   PLAYWRIGHT_CORE=FOLDER/node_modules/playwright-core node scripts/pictures.mjs
// Nothing else may listen at the ports of `npm run dev`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';

const root = fileURLToPath(new URL('..', import.meta.url));
const webUi = 'http://localhost:8233/namespaces/default/workflows';

const chromium = await findChromium();
await import('./build.mjs');
const { findTemporalCli } = await import('../dist/local/temporal-cli.js');
const { path: cli } = await findTemporalCli(join(root, '.local/temporal-cli'), console.error);

const folder = mkdtempSync(join(tmpdir(), 'pictures-'));
const env = { ...process.env, TEMPORAL_CLI: cli.includes('/') ? resolve(cli) : cli };
const dev = starter('dev');
try {
  await says(dev, 'worker ready');
  await onboardPeople();
  await takePictures();
} finally {
  dev.kill('SIGINT');
  await once(dev, 'exit');
  rmSync(folder, { recursive: true });
}

async function onboardPeople() {
  const people = ['Jane Roe User', 'John Doe Manager', 'Ann Lee Guest', 'Max Moe RoomAdmin'];
  for (const [firstName, lastName, role] of people.map((person) => person.split(' '))) {
    const email = `${firstName}.${lastName}@example.com`.toLowerCase();
    await run('onboard', '--first-name', firstName, '--last-name', lastName, '--email', email, '--role', role);
  }
  const connection = await Connection.connect();
  const { workflow } = new Client({ connection, identity: 'ann@example.com' });
  const jane = workflow.getHandle('onboard:jane.roe@example.com');
  await jane.signal('changeRole', { role: 'Manager', reason: 'leads the class' });
  await jane.executeUpdate('untilSettled');
  await jane.signal('changeRole', 'Emperor');
  // Started by hand for a portal that this worker does not serve: it waits for a person.
  const pat = {
    email: 'pat.poe@example.com',
    firstName: 'Pat',
    lastName: 'Poe',
    role: 'User',
    portal: 'https://x.test',
  };
  const args = ['--type', 'onboardUser', '--task-queue', 'docspace-onboarding', '--input', JSON.stringify(pat)];
  const attributes = ['OnboardingState="running"', 'OnboardingReason="none"', `Portal="${pat.portal}"`];
  const id = `onboard:${pat.email}`;
  await once(spawn(cli, ['workflow', 'start', '--workflow-id', id, ...args, ...attributes.flatMap((each) => ['--search-attribute', each])]), 'exit'); // prettier-ignore
  await workflow.getHandle(id).executeUpdate('untilSettled');
  await connection.close();
}

async function takePictures() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'], // prettier-ignore
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1500, height: 1100 } });
    const picture = (name, options) =>
      page.screenshot({ path: join(root, `docs/web-ui-${name}.png`), animations: 'disabled', ...options });

    await page.goto(`${webUi}?query=${encodeURIComponent('WorkflowType="onboardUser"')}`);
    await page.getByTestId('workflows-summary-table-configuration-button').click();
    for (const name of ['Run ID', 'Type', 'End', 'OnboardingState', 'OnboardingReason']) await toggleColumn(page, name);
    await page.reload();
    await page.getByText('needs-attention').waitFor();
    await picture('list', { clip: { x: 256, y: 50, width: 1244, height: 420 } });

    await page.goto(`${webUi}/${encodeURIComponent('onboard:jane.roe@example.com')}`);
    await page.getByRole('button', { name: 'More Actions' }).click();
    await page.getByRole('menuitem', { name: 'Send a Signal' }).click();
    const dialog = page.locator('dialog[open]');
    await dialog.locator('[aria-controls="signal-select-select"]').click();
    const option = dialog.locator('li[role=option]', { hasText: 'changeRole' });
    await option.waitFor();
    await picture('signal', { clip: await dialog.boundingBox() });
    await option.click();
    await dialog.locator('.cm-content').click();
    await page.keyboard.type('{"role": "DocSpaceAdmin", "reason": "leads the school"}');
    await dialog.getByRole('button', { name: 'Submit' }).click();
    await dialog.waitFor({ state: 'hidden' });

    const { role, changes } = JSON.parse(await run('status', 'jane.roe@example.com', '--json'));
    const people = readFileSync(join(folder, '.local/sandbox/people.jsonl'), 'utf8').trim().split('\n');
    const isAdmin = people.findLast((line) => line.includes('jane.roe@example.com'))?.includes('"groups":["Admin"]');
    if (role !== 'DocSpaceAdmin' || !isAdmin) throw new Error(`the portal was not changed: ${JSON.stringify(changes)}`);

    await page.goto(page.url().replace('/timeline', '/user-metadata'));
    await page.locator('iframe').last().contentFrame().getByText('“leads the school”').waitFor();
    await picture('details', { clip: { x: 256, y: 50, width: 1244, height: 950 } });
  } finally {
    await browser.close();
  }
}

/** The button of a column stands beside its name, and has none of its own. */
function toggleColumn(page, name) {
  return page.evaluate((column) => {
    const isBeside = (button) => button.parentElement.innerText.trim() === column && button.innerText.trim() === '';
    [...document.querySelectorAll('button')].findLast(isBeside).click();
  }, name);
}

async function findChromium() {
  const path = process.env.PLAYWRIGHT_CORE ?? 'playwright-core';
  try {
    return createRequire(import.meta.url)(existsSync(path) ? resolve(path) : path).chromium;
  } catch {
    console.error('playwright-core is not there: the first lines of this script say how to get it.');
    process.exit(1);
  }
}

function starter(...args) {
  const program = join(root, 'dist/starter.js');
  return spawn(process.execPath, [program, ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function run(...args) {
  const child = starter(...args);
  let out = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`);
  return out;
}

function says(child, text) {
  return new Promise((done, failed) => {
    let said = '';
    child.stderr.on('data', (chunk) => (said += chunk).includes(text) && done());
    child.once('exit', () => failed(new Error(`it ended without saying "${text}":\n${said}`)));
  });
}
