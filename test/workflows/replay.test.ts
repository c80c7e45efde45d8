import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { workflowBundle } from '../support/temporal.js';

/** Every change of a workflow must replay what was recorded before it: runs that are open somewhere are like these. */

const folder = new URL('../histories/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));

const isPlain = (name: string): boolean => name.includes('.plain.');

type Event = { eventType: string; activityTaskScheduledEventAttributes?: { activityType: { name: string } } };

function history(name: string): { events: Event[] } {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as { events: Event[] };
}

describe('a recorded history', () => {
  it.each(names)('%s replays', async (name) => {
    await Worker.runReplayHistory({ workflowBundle }, history(name), name);
  });

  it('does not with a workflow that was changed', async () => {
    const { code } = await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('changed-workflow.ts', import.meta.url)),
      logger: new DefaultLogger('ERROR'),
    });
    const replaying = Worker.runReplayHistory({ workflowBundle: { code } }, history(names.find(isPlain) ?? ''));
    await expect(replaying).rejects.toThrow(/TMPRL1100|Nondeterminism/);
  });

  it('of another order of steps does not', async () => {
    const recorded = history(names.find(isPlain) ?? '');
    const scheduled = recorded.events.filter(({ eventType }) => eventType === 'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED');
    const [create, get] = scheduled.map(
      ({ activityTaskScheduledEventAttributes: attributes }) => attributes?.activityType,
    );
    [create!.name, get!.name] = [get!.name, create!.name];
    await expect(Worker.runReplayHistory({ workflowBundle }, recorded)).rejects.toThrow(/TMPRL1100|Nondeterminism/);
  });
});
