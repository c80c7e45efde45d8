import { afterEach, describe, expect, it } from 'vitest';
import { isAbove, parseRole } from '../../src/domain/roles.js';
import { ObservedRoles } from './observed-roles.js';
import { createOperationPlan } from './operations.js';
import { Operators } from './operators.js';
import { Stage } from './stage.js';

/**
 * Commands, terminations, resets, kills, wrong clocks and workers without Temporal, for the same 25 people at the same
 * time. The seed decides what happens after how many calls; it cannot decide how the processes race.
 */

const people = 25;
const operations = 18;
const seeds = (process.env['SEEDS'] ?? '').split(',').filter(Boolean).map(Number);

/** Milliseconds that each call takes, so the operations overlap. */
const latencyMs = 150;

let stage: Stage;
let operators: Operators;

afterEach(async () => {
  operators.close();
  await stage.close();
});

describe.skipIf(seeds.length === 0)('operators and crashes', () => {
  it.for(seeds)(
    'seed %d: each person has one account, and no report is untrue',
    { timeout: 900_000 },
    async (seed, { task }) => {
      task.meta.repeat = `--operators --seed ${seed}`;
      const plan = createOperationPlan(seed, people, operations);
      stage = await Stage.open();
      const { portal } = stage;
      operators = await Operators.start(stage, plan.clockSkewsMs);
      await portal.latency(latencyMs);
      await portal.faults(...plan.faults);
      const observed = new ObservedRoles(portal);
      for (const planned of plan.operations) {
        process.stderr.write(`seed ${seed}: ${JSON.stringify(planned).slice(0, 120)}\n`);
        await operators.run(planned);
      }
      await operators.untilIdle();
      await portal.faults();
      await portal.latency(0);
      const asked = plan.operations.flatMap(({ operation }) => (operation.do === 'role' ? operation.row : []));
      expect(await observed.lowered(operators.reports, asked)).toEqual([]);

      const last = await operators.import(plan.last);
      expect([last.code, last.stderr]).toEqual([0, expect.stringContaining('The result is in')]);
      const before = (await portal.ledger()).length;
      expect((await operators.import(plan.last)).code).toBe(0);
      const calls = (await portal.ledger()).slice(before);
      expect(calls.filter(({ route }) => !route.startsWith('GET'))).toEqual([]);
      await observed.stop();

      expect([...observed.twice]).toEqual([]);
      expect(observed.untrue(operators.reports)).toEqual([]);
      for (const { email, role } of plan.last) {
        const shown = parseRole(observed.now(email) ?? '');
        expect([email, shown === role || (shown && isAbove(shown, role))]).toEqual([email, true]);
      }
    },
  );
});
