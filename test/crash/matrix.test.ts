import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { cases, fewCases, nameOf, type Case, type Moment } from './cases.js';
import { document } from './document.js';
import { play, type Ending } from './play.js';
import { Stage } from './stage.js';

/** `npm test` takes a diagonal through the matrix, `npm run test:crash` all of it. */
const all = process.env['CRASH'] === 'all';
const file = new URL('../../docs/crashes.md', import.meta.url);

/** A run goes on as a new one after a few events. */
const shortRuns = ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=15'];

const stages: Stage[] = [];
const free: Record<'short' | 'long', Stage[]> = { short: [], long: [] };
const endings = new Map<Case, Ending>();

afterAll(async () => {
  if (process.env['CRASH_WRITE']) writeFileSync(file, document(cases, endings));
  await Promise.all(stages.map((stage) => stage.close()));
});

/** A stage where nothing else happens meanwhile: one that is there, or one more. */
async function staged<Result>({ onShortRuns }: Moment, run: (stage: Stage) => Promise<Result>): Promise<Result> {
  const kind = onShortRuns ? 'short' : 'long';
  const stage = free[kind].pop() ?? (await Stage.open(onShortRuns ? shortRuns : []));
  if (!stages.includes(stage)) stages.push(stage);
  const result = await run(stage);
  free[kind].push(stage); // one where something failed is not used again
  return result;
}

it.concurrent.each((all ? cases : fewCases).map((each) => [nameOf(each), each] as const))('%s', async (name, each) => {
  try {
    endings.set(each, await staged(each.moment, (stage) => play(stage, each)));
  } catch (error) {
    if (error instanceof Error) error.message += `\nTo repeat it: npm run test:crash -- -t '${name}'`;
    throw error;
  }
});

it('docs/crashes.md lists these cases', () => {
  expect(withoutTimes(readFileSync(file, 'utf8'))).toBe(withoutTimes(document(cases, endings)));
});

function withoutTimes(text: string): string {
  return text.replaceAll(/\|[^|]*\|\n/g, '|\n');
}
