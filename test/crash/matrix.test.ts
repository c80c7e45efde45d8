import { readFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { cases, nameOf, type Moment } from './cases.js';
import { casesTable } from './document.js';
import { runCase } from './run-case.js';
import { Stage } from './stage.js';

/** Makes a run continue as new after a few events. */
const shortRuns = ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=15'];

const stages: Stage[] = [];
const free: Record<'short' | 'long', Stage[]> = { short: [], long: [] };

afterAll(() => Promise.all(stages.map((stage) => stage.close())));

/** A stage that no other case uses: an idle one, or a new one. */
async function staged<Result>({ onShortRuns }: Moment, run: (stage: Stage) => Promise<Result>): Promise<Result> {
  const kind = onShortRuns ? 'short' : 'long';
  const stage = free[kind].pop() ?? (await Stage.open(onShortRuns ? shortRuns : []));
  if (!stages.includes(stage)) stages.push(stage);
  const result = await run(stage);
  free[kind].push(stage); // a stage is not used again after a failure
  return result;
}

it.concurrent.for(cases.map((each) => [nameOf(each), each] as const))('%s', async ([, each], { task }) => {
  task.meta.ending = await staged(each.moment, (stage) => runCase(stage, each));
});

it('docs/crashes.md lists these cases', () => {
  const file = readFileSync(new URL('../../docs/crashes.md', import.meta.url), 'utf8');
  expect(withoutTimes(file)).toContain(withoutTimes(casesTable(cases)));
});

function withoutTimes(text: string): string {
  return text.replaceAll(/\|[^|]*\|\n/g, '|\n');
}
