// Whether an import costs more than it did: CPU against that of raw got in the same round, so that machines differ little, and
// events. What it did cost is in growth.json, which is changed by hand where a change is worth its price.
import { readFileSync } from 'node:fs';
import { costOf, round } from './report.mjs';
import { say } from './stage.mjs';

const known = JSON.parse(readFileSync(new URL('growth.json', import.meta.url), 'utf8'));

/** Growth by a quarter is no accident. */
const most = 1.25;

export function isGrown(rounds) {
  // What disturbs a round only ever adds to it.
  const now = {
    'CPU per person, times that of raw got': Math.min(...rounds.map(costOf)),
    'events per person': Math.min(...rounds.map((results) => results.import.events)),
  };
  const grown = Object.keys(known).filter((name) => now[name] > known[name] * most);
  for (const [name, value] of Object.entries(now)) {
    say(
      `${name}: ${round(value)}, known ${known[name]}${grown.includes(name) ? ' – grown by more than a quarter' : ''}`,
    );
  }
  return grown.length > 0;
}
