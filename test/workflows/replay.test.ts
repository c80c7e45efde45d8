import { Worker } from '@temporalio/worker';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { workflowBundle } from '../support/temporal.js';

/** Every change of a workflow must replay what was recorded before it: runs that are open somewhere are like these. */

const folder = new URL('../histories/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));

type Event = { eventType: string; activityTaskScheduledEventAttributes?: { activityType: { name: string } } };

function history(name: string): { events: Event[] } {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as { events: Event[] };
}

describe('a recorded history', () => {
  it.each(names)('%s replays', async (name) => {
    await Worker.runReplayHistory({ workflowBundle }, history(name), name);
  });

  it('of another order of steps does not', async () => {
    const recorded = history(names[0] ?? '');
    const scheduled = recorded.events.filter(({ eventType }) => eventType === 'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED');
    const [create, get] = scheduled.map(
      ({ activityTaskScheduledEventAttributes: attributes }) => attributes?.activityType,
    );
    [create!.name, get!.name] = [get!.name, create!.name];
    await expect(Worker.runReplayHistory({ workflowBundle }, recorded)).rejects.toThrow(/TMPRL1100|Nondeterminism/);
  });
});
