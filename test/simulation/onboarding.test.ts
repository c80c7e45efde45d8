import { describe, expect, it } from 'vitest';
import { roles } from '../../src/domain/roles.js';
import { simulate, type Result, type Rule } from './onboarding-model.js';

/** `SEED=n npx vitest run test/simulation` runs that seed alone. */
const one = process.env['SEED'];
const seeds = one === undefined ? Array.from({ length: 20_000 }, (_, seed) => seed) : [Number(one)];

const problems: Record<string, (result: Result) => boolean> = {
  'two accounts': ({ accounts }) => accounts > 1,
  'done without an account': ({ end, accounts }) => end === 'done' && accounts === 0,
  'failed without a reason': ({ end }) => end === 'failed',
  'another role than reported': ({ end, reported, actual }) => end === 'done' && reported !== actual,
  'left with two rows': ({ end, rows, actual }) => end === 'done' && rows > (actual === 'RoomAdmin' ? 0 : 1),
  'other places than reported': ({ end, reportedPlaces, actualPlaces }) =>
    end === 'done' && reportedPlaces.join() !== actualPlaces.join(),
  'without its mail, unreported': ({ end, mail, isMailed }) => end === 'done' && mail === 'sent' && !isMailed,
};

/** The seeds with each problem. */
function failing(by?: Rule): Record<string, number[]> {
  const found = Object.fromEntries(Object.keys(problems).map((name) => [name, [] as number[]]));
  for (const seed of seeds) {
    const result = simulate(seed, roles[seed % roles.length] ?? 'User', by);
    for (const [name, has] of Object.entries(problems)) if (has(result)) found[name]?.push(seed);
  }
  return found;
}

describe(`an onboarding at the measured portal, over ${seeds.length} seeds`, () => {
  it.each(['ours', 'in a group'] as const)(
    'ends with one account, the reported role and places, and the mail: %s',
    (by) => {
      const found = failing(by);
      const [seed] = Object.values(found).flat();
      const none = Object.fromEntries(Object.keys(problems).map((name) => [name, []]));
      expect(found, `repeat it with: SEED=${seed} npx vitest run test/simulation`).toEqual(none);
    },
  );

  it('seldom needs attention', () => {
    const ends = seeds.map((seed) => simulate(seed, roles[seed % roles.length] ?? 'User').end);
    expect(ends.filter((end) => end === 'needs attention').length).toBeLessThan(1 + seeds.length / 50);
  });

  it.runIf(one === undefined)('goes wrong by simpler rules, so the model has the faults', () => {
    const percent = (by: Rule, problem: string): number => ((failing(by)[problem] ?? []).length * 100) / seeds.length;
    expect(percent('blind retry', 'two accounts')).toBeGreaterThan(0.3);
    expect(percent('blind retry', 'failed without a reason')).toBeGreaterThan(1);
    expect(percent('look-up only', 'two accounts')).toBeGreaterThan(0.3);
    expect(percent('role as found', 'another role than reported')).toBeGreaterThan(0.3);
    expect(percent('role as found', 'left with two rows')).toBeGreaterThan(0.3);
    expect(percent('answer believed', 'other places than reported')).toBeGreaterThan(0.3);
  });
});
