// Takes the screenshots of an encrypted onboarding in the Web UI (scripts/web-ui.mjs lists what that needs). It fails if a page
// shows personal data without the codec server, or none with it.
import { randomBytes } from 'node:crypto';
import { picture, says, webUi, withStack } from './web-ui.mjs';

const key = () => randomBytes(32).toString('base64');
const token = randomBytes(32).toString('hex');
const settings = { CODEC_KEYS: `k1:${key()}`, ID_KEY: key(), CODEC_SERVER_TOKEN: token };

const email = 'jane.roe@example.com';
/** The tabs that contain personal data, and a text that each shows once it has loaded. */
const tabs = { timeline: 'updateUserRole', history: 'Workflow Execution Started', memo: 'email' };

await withStack(settings, async ({ page, run, program }) => {
  const jane = ['--first-name', 'Jane', '--last-name', 'Roe', '--email', email, '--role', 'Manager'];
  const { workflowId, runId } = JSON.parse(await run('onboard', ...jane, '--json'));
  const at = (tab) => `${webUi}/${encodeURIComponent(workflowId)}/${runId}/${tab}`;
  const open = async (tab) => {
    await page.goto(at(tab));
    await page.getByText(tabs[tab]).first().waitFor();
  };

  for (const tab of Object.keys(tabs)) {
    await open(tab);
    if (await showsJane(page)) throw new Error(`the tab ${tab} shows personal data without a codec server`);
  }
  await open('timeline');
  await pictureAboveTimeline(page, 'encrypted');

  await says(program('codec/codec-server'), 'codec server ready');
  await page.getByRole('button', { name: 'Configure Codec Server' }).click();
  const dialog = page.locator('#data-encoder-settings');
  await dialog.getByTestId('use-local-endpoint-input').check();
  await dialog.getByRole('textbox').fill(`http://localhost:8234/${token}`);
  await dialog.getByTestId('confirm-modal-button').click();
  await dialog.waitFor({ state: 'hidden' });

  for (const tab of ['timeline', 'memo']) {
    await open(tab);
    await page.getByText(email).first().waitFor();
  }
  await open('timeline');
  await page.getByText(email).first().waitFor();
  await pictureAboveTimeline(page, 'decrypted');
});

/** Searches the page and the frames in which the Web UI shows a workflow's texts. */
async function showsJane(page) {
  const texts = await Promise.all(page.frames().map((frame) => frame.locator('body').innerText()));
  return /jane|roe@/i.test(texts.join());
}

/** The workflow and its input. The height varies, because a long id needs two lines. */
async function pictureAboveTimeline(page, name) {
  const { y } = await page.getByText('Timeline', { exact: true }).last().boundingBox();
  await picture(page, name, { clip: { x: 256, y: 50, width: 1244, height: y - 70 } });
}
