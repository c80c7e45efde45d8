// Measures the figures of docs/performance.md. Ratios are computed within a round, so a busy machine slows both sides down.
//
//   npm run bench                      every part, one after the other
//   npm run bench -- calls limit       some of them; parts.mjs says what each measures
//   npm run bench -- --smoke           short; fails if CPU or events per person have grown
//   npm run bench -- --smoke --keep    writes the measured costs to growth.json
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { figures, updatePage } from './figures.mjs';
import { isGrown, keepCosts } from './growth.mjs';
import { parts, roundsOf, smokeForms } from './parts.mjs';
import { keepResult, round } from './report.mjs';
import { openStage, say } from './stage.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { smoke: { type: 'boolean', default: false }, keep: { type: 'boolean', default: false } },
});
const names = positionals.length > 0 ? positionals : Object.keys(parts);
const unknown = names.filter((name) => !(name in parts));
if (unknown.length > 0) {
  say(`No such part: ${unknown.join(', ')}. The parts are ${Object.keys(parts).join(', ')}.`);
  process.exit(2);
}

process.exit(values.smoke ? await smoke() : await measureAll());

async function measureAll() {
  for (const name of names) {
    const { flags, measure } = parts[name];
    const loadBefore = round(loadavg()[0]);
    const stage = await openStage(flags);
    try {
      const { figures: measured, ...details } = await measure(stage);
      for (const [figure, value] of Object.entries(measured)) {
        const { goal } = figures[figure];
        const verdict = goal ? ` (goal ${goal.sign} ${goal.limit}, ${goal.isMet(value) ? 'met' : 'not met'})` : '';
        say(`${figure}: ${value}${verdict}`);
      }
      say(`The results are in ${keepResult(name, { figures: measured, ...details }, loadBefore)}`);
    } finally {
      await stage.close();
    }
  }
  updatePage();
  return 0;
}

async function smoke() {
  const stage = await openStage();
  try {
    const rounds = await roundsOf(stage, smokeForms, values.keep ? 7 : 3);
    if (values.keep) {
      keepCosts(rounds);
      return 0;
    }
    if (!isGrown(rounds)) return 0;
    say('Four more rounds follow, to rule out noise.');
    rounds.push(...(await roundsOf(stage, smokeForms, 4)));
    return isGrown(rounds) ? 1 : 0;
  } finally {
    await stage.close();
  }
}
