import { describe, expect, it } from 'vitest';
import { decideAfterNotFound, resumeLog } from '../../src/domain/create-rule.js';
import { settleWindow, simulate, type Rule } from './create-model.js';

/** `SEED=n npx vitest run test/simulation` runs that seed alone. */
const one = process.env['SEED'];
const seeds = one === undefined ? Array.from({ length: 20_000 }, (_, seed) => seed) : [Number(one)];

function failing(rule: Rule): { twice: number[]; lost: number[]; falselyFailed: number[] } {
  const found = { twice: [] as number[], lost: [] as number[], falselyFailed: [] as number[] };
  for (const seed of seeds) {
    const { accounts, end } = simulate(seed, rule);
    if (accounts > 1) found.twice.push(seed);
    if (accounts === 0 && end === 'done') found.lost.push(seed);
    if (end === 'failed') found.falselyFailed.push(seed);
  }
  return found;
}

describe(`the create rule, over ${seeds.length} seeds`, () => {
  it('makes nobody twice, loses nobody, and fails nobody falsely', () => {
    const found = failing('ours');
    const [seed] = [...found.twice, ...found.lost, ...found.falselyFailed];
    expect(found, `repeat it with: SEED=${seed} npx vitest run test/simulation`).toEqual({
      twice: [],
      lost: [],
      falselyFailed: [],
    });
  });

  it.runIf(one === undefined)('and the model can find what other rules do wrong', () => {
    const blind = failing('blind retry');
    const looking = failing('look-up only');
    expect(blind.twice.length).toBeGreaterThan(seeds.length / 100);
    expect(blind.falselyFailed.length).toBeGreaterThan(seeds.length / 100);
    expect(looking.twice.length).toBeGreaterThan(seeds.length / 100);
  });
});

describe('a note', () => {
  const written = { attempt: 3, posts: 1, lastPostAt: null };

  it('of the attempt directly before is believed', () => {
    expect(resumeLog(4, written, 1_000)).toEqual({ attempt: 4, posts: 1, lastPostAt: null });
  });

  it('of an older one, or none, means that something may have been posted just now', () => {
    expect(resumeLog(5, written, 1_000)).toEqual({ attempt: 5, posts: 2, lastPostAt: 1_000 });
    expect(resumeLog(2, undefined, 1_000)).toEqual({ attempt: 2, posts: 1, lastPostAt: 1_000 });
  });
});

describe('nobody there', () => {
  it('is looked for again with growing pauses until the settle window has passed, and then posted', () => {
    const pauses: number[] = [];
    let now = 0;
    for (;;) {
      const next = decideAfterNotFound({ attempt: 2, posts: 1, lastPostAt: 0 }, now, { settleWindowMs: settleWindow });
      if (next.move !== 'wait') {
        expect(next).toEqual({ move: 'post' });
        break;
      }
      pauses.push(next.delayMs);
      now += next.delayMs;
    }
    expect(now).toBe(settleWindow);
    expect(pauses.length).toBeLessThan(12);
  });

  it('after five posts needs a person', () => {
    expect(
      decideAfterNotFound({ attempt: 9, posts: 5, lastPostAt: 0 }, settleWindow, { settleWindowMs: settleWindow }),
    ).toEqual({
      move: 'needs attention',
    });
  });
});
