// Checks whether an import costs more than before, in history events and in CPU. The CPU is divided by that of raw got in the
// same round, so the result hardly depends on the machine. growth.json has the known costs. If a change is worth a higher cost,
// `npm run bench -- --smoke --keep` rewrites the file.
import { readFileSync, writeFileSync } from 'node:fs';
import { costOf, median, round } from './report.mjs';
import { say } from './stage.mjs';

const file = new URL('growth.json', import.meta.url);

/** The allowed growth. Noise stays below a quarter. */
const most = 1.25;

/** Computes each cost that must not grow from the results of a round. */
const measures = {
  'CPU per person, times that of raw got': costOf,
  'events per person': (results) => results.import.events,
};

/** The median of the rounds. @throws if the rounds measured nothing usable, so there is no verdict */
function costsOf(rounds) {
  for (const results of rounds) {
    for (const [form, { 'right role': right }] of Object.entries(results)) {
      if (right !== 1)
        throw new Error(`No verdict: with "${form}", only ${right * 100} % of the people have the right role`);
    }
  }
  const costs = Object.entries(measures).map(([name, of]) => [name, round(median(rounds.map(of)))]);
  for (const [name, cost] of costs)
    if (!(cost > 0 && cost < Infinity)) throw new Error(`No verdict: "${name}" is ${cost}`);
  return Object.fromEntries(costs);
}

export function isGrown(rounds) {
  const known = JSON.parse(readFileSync(file, 'utf8'));
  const costs = Object.entries(costsOf(rounds));
  const grown = costs.filter(([name, cost]) => cost > known[name] * most);
  for (const [name, cost] of costs) {
    const each = rounds.map((results) => round(measures[name](results))).join(', ');
    say(`${name}: ${cost} (the median of ${each}). Known: ${known[name]}. Limit: ${round(known[name] * most)}.`);
  }
  say(
    grown.length > 0
      ? `Grown by more than a quarter: ${grown.map(([name]) => name).join('; ')}`
      : 'No cost has grown by more than a quarter.',
  );
  return grown.length > 0;
}

export function keepCosts(rounds) {
  const costs = costsOf(rounds);
  writeFileSync(file, `${JSON.stringify(costs, null, 2)}\n`);
  say(`Written to bench/growth.json: ${JSON.stringify(costs)}`);
}
