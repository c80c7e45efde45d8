import { describe, expect, it } from 'vitest';
import { decideAfterNotFound, resumeLog } from '../../src/domain/create-rule.js';
import { settleWindowMs } from './onboarding-model.js';

describe('the log of a create', () => {
  const written = { attempt: 3, posts: 1, lastPostAt: null };

  it('of the attempt directly before is believed', () => {
    expect(resumeLog(4, written, 1_000)).toEqual({ attempt: 4, posts: 1, lastPostAt: null });
  });

  it('dates the last post by the attempt after it', () => {
    const log = { attempt: 3, posts: 1, lastPostAt: 'this attempt' } as const;
    expect(resumeLog(4, log, 1_000)).toEqual({ attempt: 4, posts: 1, lastPostAt: 1_000 });
  });

  it('of an older attempt, or none, means that a post may just have been sent', () => {
    expect(resumeLog(5, written, 1_000)).toEqual({ attempt: 5, posts: 1, lastPostAt: 1_000 });
    expect(resumeLog(2, undefined, 1_000)).toEqual({ attempt: 2, posts: 1, lastPostAt: 1_000 });
  });

  it('of killed workers never needs attention, however many were killed', () => {
    let log = resumeLog(2, undefined, 0);
    for (let attempt = 3; attempt < 20; attempt++) {
      log = resumeLog(attempt, { ...log, attempt: attempt - 2 }, attempt * settleWindowMs);
      expect(decideAfterNotFound(log, (attempt + 1) * settleWindowMs, settleWindowMs)).toEqual({ move: 'post' });
    }
  });
});

describe('an e-mail that nobody has', () => {
  it('is looked up with growing pauses during the settle window, and then posted', () => {
    const pauses: number[] = [];
    let now = 0;
    for (;;) {
      const next = decideAfterNotFound({ attempt: 2, posts: 1, lastPostAt: 0 }, now, settleWindowMs);
      if (next.move !== 'wait') {
        expect(next).toEqual({ move: 'post' });
        break;
      }
      pauses.push(next.delayMs);
      now += next.delayMs;
    }
    expect(now).toBe(settleWindowMs);
    expect(pauses.length).toBeLessThan(12);
  });

  it('needs attention after five posts', () => {
    expect(decideAfterNotFound({ attempt: 9, posts: 5, lastPostAt: 0 }, settleWindowMs, settleWindowMs)).toEqual({
      move: 'needs attention',
    });
  });
});
