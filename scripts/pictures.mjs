// Takes the screenshots of the Web UI in docs/. On the way it checks what they show: a role change sent in the Web UI's own
// dialog changes the portal and then the details. scripts/web-ui.mjs lists what this needs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { picture, webUi, withStack } from './web-ui.mjs';

await withStack({}, async (stack) => {
  await onboardPeople(stack);
  await takePictures(stack);
});

async function onboardPeople({ run, cli }) {
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
  // This worker does not serve Pat's portal, so the onboarding needs attention.
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

async function takePictures({ page, run, folder }) {
  await page.goto(`${webUi}?query=${encodeURIComponent('WorkflowType="onboardUser"')}`);
  await page.getByTestId('workflows-summary-table-configuration-button').click();
  for (const name of ['Run ID', 'Type', 'End', 'OnboardingState', 'OnboardingReason']) await toggleColumn(page, name);
  await page.reload();
  await page.getByText('needs-attention').waitFor();
  await picture(page, 'list', { clip: { x: 256, y: 50, width: 1244, height: 420 } });

  await page.goto(`${webUi}/${encodeURIComponent('onboard:jane.roe@example.com')}`);
  await page.getByRole('button', { name: 'More Actions' }).click();
  await page.getByRole('menuitem', { name: 'Send a Signal' }).click();
  const dialog = page.locator('dialog[open]');
  await dialog.locator('[aria-controls="signal-select-select"]').click();
  const option = dialog.locator('li[role=option]', { hasText: 'changeRole' });
  await option.waitFor();
  await option.evaluate(({ parentElement }) => (parentElement.style.maxHeight = 'none')); // shows the last signal, too
  await picture(page, 'signal', { clip: await dialog.boundingBox() });
  await option.click();
  await dialog.locator('.cm-content').click();
  await page.keyboard.type('{"role": "DocSpaceAdmin", "reason": "leads the school"}');
  await dialog.getByRole('button', { name: 'Submit' }).click();
  await dialog.waitFor({ state: 'hidden' });

  const { role, roleChanges } = JSON.parse(await run('status', 'jane.roe@example.com', '--json'));
  const people = readFileSync(join(folder, '.local/sandbox/people.jsonl'), 'utf8').trim().split('\n');
  const isAdmin = people.findLast((line) => line.includes('jane.roe@example.com'))?.includes('"groups":["Admin"]');
  if (role !== 'DocSpaceAdmin' || !isAdmin)
    throw new Error(`the portal was not changed: ${JSON.stringify(roleChanges)}`);

  await page.goto(page.url().replace('/timeline', '/user-metadata'));
  const details = page.locator('iframe').last().contentFrame();
  await details.getByText('“leads the school”').waitFor();
  const { y, height } = await details.locator('li', { hasText: 'changePlaces' }).boundingBox();
  await picture(page, 'details', { clip: { x: 256, y: 50, width: 1244, height: y + height - 30 } });
}

/** The button of a column is beside its name and has no name of its own. */
function toggleColumn(page, name) {
  return page.evaluate((column) => {
    const isBeside = (button) => button.parentElement.innerText.trim() === column && button.innerText.trim() === '';
    [...document.querySelectorAll('button')].findLast(isBeside).click();
  }, name);
}
