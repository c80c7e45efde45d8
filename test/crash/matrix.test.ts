import { readFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { cases, fewCases, nameOf, type Moment } from './cases.js';
import { casesTable } from './document.js';
import { play } from './play.js';
import { Stage } from './stage.js';

/** `npm test` takes a diagonal through the matrix, `npm run test:crash` all of it. */
const all = process.env['CRASH'] === 'all';

/** A run goes on as a new one after a few events. */
const shortRuns = ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=15'];

const stages: Stage[] = [];
const free: Record<'short' | 'long', Stage[]> = { short: [], long: [] };

afterAll(() => Promise.all(stages.map((stage) => stage.close())));

/** A stage where nothing else happens meanwhile: one that is there, or one more. */
async function staged<Result>({ onShortRuns }: Moment, run: (stage: Stage) => Promise<Result>): Promise<Result> {
  const kind = onShortRuns ? 'short' : 'long';
  const stage = free[kind].pop() ?? (await Stage.open(onShortRuns ? shortRuns : []));
  if (!stages.includes(stage)) stages.push(stage);
  const result = await run(stage);
  free[kind].push(stage); // one where something failed is not used again
  return result;
}

it.concurrent.for((all ? cases : fewCases).map((each) => [nameOf(each), each] as const))(
  '%s',
  async ([, each], { task }) => {
    task.meta.ending = await staged(each.moment, (stage) => play(stage, each));
  },
);

it('docs/crashes.md lists these cases', () => {
  const file = readFileSync(new URL('../../docs/crashes.md', import.meta.url), 'utf8');
  expect(withoutTimes(file)).toContain(withoutTimes(casesTable(cases)));
});

function withoutTimes(text: string): string {
  return text.replaceAll(/\|[^|]*\|\n/g, '|\n');
}
