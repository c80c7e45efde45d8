// The figures of docs/performance.md, with their goals and what they were when imports made their calls for each person. Each
// part of the benchmark measures some of them and keeps them in bench/results.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const most = (limit) => ({ limit, isMet: (value) => value <= limit, sign: '≤' });
const least = (limit) => ({ limit, isMet: (value) => value >= limit, sign: '≥' });

export const figures = {
  'portal calls per person, everybody promoted': { part: 'calls', before: 4, goal: most(1.15) },
  'writes per person, everybody promoted': { part: 'calls', before: 2, goal: most(1.05) },
  'CPU of the portal per promoted person, ms': { part: 'calls', before: 430, goal: most(270) },
  'portal calls per person that a column of groups adds': { part: 'places', goal: most(0.4) },
  'portal calls per person that a column of rooms adds': { part: 'places' },
  'CPU per person, server + worker, ms': { part: 'speed', before: 15.6, goal: most(7) },
  'people/s of an import, divided by those of raw got': { part: 'speed', before: 0.21, goal: least(0.55) },
  'history events per person': { part: 'speed', before: 9.8, goal: most(4.5) },
  '1,000 people at 1,500 calls a minute, s': { part: 'limit', before: 130, goal: most(46) },
  'people/s with 1 % of requests reset, divided by those with none': { part: 'resets', before: 0.05, goal: least(0.8) },
  'memory of the worker, 10,000 people divided by 1,000': { part: 'many', before: 1.25, goal: most(1.1) },
  'portal calls to import 10,000 people again': { part: 'many', before: 10_000, goal: most(210) },
  'one onboarding alone, p50, ms': { part: 'alone', before: 71, goal: most(60) },
};

/** The newest results of a part. @returns `undefined` if it has never run */
function newestOf(part) {
  const folder = new URL('results/', import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith(`-${part}.json`));
  const newest = names.toSorted().at(-1);
  return newest && JSON.parse(readFileSync(new URL(newest, folder), 'utf8'));
}

/** The table of docs/performance.md, in Markdown. */
export function tableOfFigures() {
  const rows = Object.entries(figures).map(([name, { part, before, goal }]) => {
    const results = newestOf(part);
    const value = results?.figures[name];
    const load = results?.machine['load average'].join(' → ');
    const verdict = !goal || value === undefined ? '–' : goal.isMet(value) ? 'yes' : '**no**';
    const goalText = goal ? `${goal.sign} ${goal.limit}` : '–';
    return [name, before ?? '–', goalText, value ?? 'not measured', verdict, `\`${part}\``, load ?? '–'];
  });
  const head = ['figure', 'before', 'goal', 'measured', 'met', 'part', 'load'];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Replaces the table of the page, which begins with the word `figure`. */
export function updatePage() {
  const page = new URL('../docs/performance.md', import.meta.url);
  const text = readFileSync(page, 'utf8');
  writeFileSync(
    page,
    text.replace(/^\| figure \|.*\n(\|.*\n)+/m, () => `${tableOfFigures()}\n`),
  );
}
