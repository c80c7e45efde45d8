import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { mostAtOnce } from '../support/ledger.js';
import { importTwice } from '../support/imports.js';
import { TestPortal } from '../support/portal.js';
import { processEnv } from '../support/scene.js';
import { emptyFolder, runStarter, spawnProgram, type Finished, type Running } from '../support/starter.js';

/** Two workers with the key of one account, at a portal that takes 15 writes of it at the same time. */

const people = 100;
const ending: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end();
});

/**
 * @param heldWrites how many creates the portal holds before it answers the first, so they are in flight together
 * @returns the portal, once everybody has been imported by two workers that are told this
 */
async function importedByTwo(settings: Record<string, string>, heldWrites = 0): Promise<TestPortal> {
  const portal = await TestPortal.start({ limits: { perWindow: 60_000 }, latency: 100 });
  ending.push(() => portal.close());
  // A bound on the calls makes the server hand the steps out, to both.
  const env = { ...processEnv(portal), PORTAL_CALLS_PER_MINUTE: '60000', ...settings };
  const workers = [spawnProgram('worker', [], { env }), spawnProgram('worker', [], { env })];
  ending.push(() => Promise.all(workers.map((worker: Running) => worker.kill('SIGTERM'))));
  await Promise.all(workers.map((worker) => worker.prints(/worker ready/)));

  const rows = Array.from({ length: people }, (_, index) => `Pat,Lee,p${index}@example.com,RoomAdmin`);
  const cwd = emptyFolder();
  writeFileSync(join(cwd, 'people.csv'), ['first name,last name,email,role', ...rows, ''].join('\n'));
  const run = (): Promise<Finished> => runStarter(['import', 'people.csv', '--json'], { cwd, env });
  if (heldWrites > 0) await portal.faults({ route: 'POST /people', does: { kind: 'hold' } });
  const imported = importTwice(portal, run);
  if (heldWrites > 0) {
    await portal.reached('POST /people', 'received', heldWrites);
    await portal.faults();
    await portal.release();
  }
  expect(await imported).toMatchObject({ code: 0 });
  return portal;
}

describe('two workers at a portal that takes 15 writes at the same time', () => {
  it('never have more calls in flight than their shares, and use them', async () => {
    const portal = await importedByTwo({ PORTAL_PARALLEL_WRITES: '7' }, 8);
    const most = mostAtOnce(await portal.ledger());
    expect(most).toBeLessThanOrEqual(14);
    expect(most).toBeGreaterThan(7);
    expect(await portal.summary()).toMatchObject({ limited: 0, duplicates: [] });
  });

  it('lose nobody without shares: the portal refuses few calls', async () => {
    const portal = await importedByTwo({ PORTAL_PARALLEL_WRITES: '15' });
    const made = (await portal.people()).filter(({ email, type }) => /^p\d+@/.test(email) && type === 'RoomAdmin');
    const { limited, duplicates } = await portal.summary();
    expect([made.length, duplicates]).toEqual([people, []]);
    expect(limited).toBeLessThan(people / 2);
  });
});
