// Whether an import costs more than it did: CPU against that of raw got in the same round, so that machines differ little, and
// events. What it did cost is in growth.json, which `npm run bench -- --smoke --keep` writes where a change is worth its price.
import { readFileSync, writeFileSync } from 'node:fs';
import { costOf, median, round } from './report.mjs';
import { say } from './stage.mjs';

const file = new URL('growth.json', import.meta.url);

/** Growth by a quarter is no accident. */
const most = 1.25;

/** What each round found of what may not grow. */
const measures = {
  'CPU per person, times that of raw got': costOf,
  'events per person': (results) => results.import.events,
};

/** The median of the rounds. @throws where they measured nothing, so that there is no verdict */
function costsOf(rounds) {
  for (const results of rounds) {
    for (const [form, { 'right role': right }] of Object.entries(results)) {
      if (right !== 1) throw new Error(`no verdict: ${form} gave only ${right * 100} % of the people the right role`);
    }
  }
  const costs = Object.entries(measures).map(([name, of]) => [name, round(median(rounds.map(of)))]);
  for (const [name, cost] of costs)
    if (!(cost > 0 && cost < Infinity)) throw new Error(`no verdict: ${name} is ${cost}`);
  return Object.fromEntries(costs);
}

export function isGrown(rounds) {
  const known = JSON.parse(readFileSync(file, 'utf8'));
  const costs = Object.entries(costsOf(rounds));
  const grown = costs.filter(([name, cost]) => cost > known[name] * most);
  for (const [name, cost] of costs) {
    const each = rounds.map((results) => round(measures[name](results))).join(', ');
    say(`${name}: ${cost} (the median of ${each}), known ${known[name]}, at most ${round(known[name] * most)}`);
  }
  say(grown.length > 0 ? `grown by more than a quarter: ${grown.map(([name]) => name).join('; ')}` : 'not grown');
  return grown.length > 0;
}

export function keepCosts(rounds) {
  const costs = costsOf(rounds);
  writeFileSync(file, `${JSON.stringify(costs, null, 2)}\n`);
  say(`kept in bench/growth.json: ${JSON.stringify(costs)}`);
}
