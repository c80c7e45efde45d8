import { bundleWorkflowCode, Worker } from '@temporalio/worker';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { workflowBundle } from '../support/temporal.js';

/** Every changed workflow must replay the histories that were recorded before, because open runs have such histories. */

const folder = new URL('../histories/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
const ofOnboardings = names.filter((name) => name.startsWith('onboard-user.'));

const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

const history = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));

async function bundleOf(how: string): Promise<{ code: string }> {
  const workflowsPath = fileURLToPath(new URL(`changed/${how}.ts`, import.meta.url));
  return bundleWorkflowCode({ workflowsPath, logger: quiet });
}

describe('a recorded history', () => {
  it.each(names)('%s replays', async (name) => {
    await Worker.runReplayHistory({ workflowBundle }, history(name), name);
  });
});

describe('a changed workflow', () => {
  it('fails to replay every history if the change was careless', async () => {
    const bundle = await bundleOf('carelessly');
    for (const name of ofOnboardings) {
      const replay = Worker.runReplayHistory({ workflowBundle: bundle }, history(name), name);
      await expect(replay).rejects.toThrow(/TMPRL1100|Nondeterminism/);
    }
  });

  it('replays every history if the change is behind a patch', async () => {
    const bundle = await bundleOf('carefully');
    for (const name of ofOnboardings) {
      await Worker.runReplayHistory({ workflowBundle: bundle }, history(name), name);
    }
  });
});
