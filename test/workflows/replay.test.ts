import { bundleWorkflowCode, Worker, type WorkerOptions } from '@temporalio/worker';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { workflowBundle } from '../support/temporal.js';

/** Every changed workflow must replay the histories that were recorded before, because open runs have such histories. */

const folder = new URL('../histories/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
const ofOnboardings = names.filter((name) => name.startsWith('onboard-user.'));

const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

const history = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));

/** Replays histories with one worker, and returns the errors by name. */
async function replay(bundle: WorkerOptions['workflowBundle'], replayed: string[]): Promise<Map<string, unknown>> {
  const histories = replayed.map((name) => ({ workflowId: name, history: history(name) }));
  const errors = new Map<string, unknown>();
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: bundle! }, histories)) {
    errors.set(workflowId, error);
  }
  return errors;
}

async function replayChanged(how: string): Promise<unknown[]> {
  const workflowsPath = fileURLToPath(new URL(`changed/${how}.ts`, import.meta.url));
  return [...(await replay(await bundleWorkflowCode({ workflowsPath, logger: quiet }), ofOnboardings)).values()];
}

describe('a recorded history', () => {
  let errors: Map<string, unknown>;

  beforeAll(async () => {
    errors = await replay(workflowBundle, names);
  });

  it.each(names)('%s replays', (name) => {
    expect(errors.has(name)).toBe(true);
    expect(errors.get(name)).toBeUndefined();
  });
});

describe('a changed workflow', () => {
  it('fails to replay every history if the change was careless', async () => {
    const errors = await replayChanged('carelessly');
    expect(errors).toHaveLength(ofOnboardings.length);
    for (const error of errors) expect(String(error)).toMatch(/TMPRL1100|Nondeterminism/);
  });

  it('replays every history if the change is behind a patch', async () => {
    expect(await replayChanged('carefully')).toEqual(ofOnboardings.map(() => undefined));
  });
});
