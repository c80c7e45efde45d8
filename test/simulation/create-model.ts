import {
  decideAfterNotFound,
  recordPost,
  resumeLog,
  canPostWithoutLookup,
  type CreateAttemptLog,
} from '../../src/domain/create-rule.js';

/**
 * The create rule in virtual time, against a model of a portal that loses answers, commits late, dies half-way, and speaks
 * another language. Times are in milliseconds; a seed repeats a run exactly.
 */

export const settleWindow = 90_000;

/** How long a portal can still be working on a request that was given up on. */
const latestCommit = 85_000;

/** `ours` is the rule of the program; the others are what one would write first. */
export type Rule = 'ours' | 'blind retry' | 'look-up only';

interface Result {
  accounts: number;
  end: 'done' | 'failed' | 'parked';
}

interface Account {
  at: number;
}

const rates = {
  notSent: 0.1,
  limited: 0.05,
  lost: 0.25,
  late: 0.5,
  never: 0.2,
  halfWay: 0.05,
  lookUpFails: 0.1,
  killed: 0.15,
};

/** Mulberry32: small, and the same everywhere. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Onboards one person, until it is done, has failed or is parked; the faults cease after a while. */
export function simulate(seed: number, rule: Rule): Result {
  const random = generator(seed);
  const happens = (rate: number): boolean => now < healed && random() < rate;
  const healed = 600_000;
  const accounts: Account[] = [];
  let now = 0;
  let note: CreateAttemptLog | undefined;

  const present = (): boolean => accounts.some(({ at }) => at <= now);
  const end = (state: Result['end']): Result => ({ accounts: accounts.length, end: state });

  for (let attempt = 1; attempt < 1_000; attempt++) {
    // A worker that is killed tells nobody what it knew; a throw does.
    let known = resumeLog(attempt, note, now);
    const dies = happens(rates.killed);
    const remember = (): void => {
      if (!dies) note = known;
    };

    const unseen = rule === 'blind retry' || (rule === 'ours' ? canPostWithoutLookup(known) : attempt === 1);
    if (!unseen) {
      now += 50 + random() * 500;
      if (happens(rates.lookUpFails)) {
        remember();
        now += 1_000;
        continue;
      }
      if (present()) return end('done');
      if (rule === 'ours') {
        const next = decideAfterNotFound(known, now, { settleWindowMs: settleWindow });
        if (next.move === 'needs attention') return end('parked');
        if (next.move === 'wait') {
          remember();
          now += next.delayMs;
          continue;
        }
      }
    }
    if (dies && random() < 0.3) {
      now += 3_000; // killed before it posted; found by the missing heartbeat
      continue;
    }

    const outcome = post();
    known = outcome === 'created' ? known : recordPost(known, outcome);
    if (dies) {
      now += 3_000;
      continue;
    }
    if (outcome === 'created') return end('done');
    if (outcome === 'rejected') {
      // "Already there", in a language that is not read: looked up by whoever looks, believed by whoever does not.
      if (rule === 'blind retry') return end('failed');
      if (present()) return end('done');
      return end('failed');
    }
    remember();
    now += 1_000 * Math.min(60, 2 ** Math.min(attempt, 6));
  }
  return end('parked');

  function post(): 'created' | 'not sent' | 'rejected' | 'unknown' {
    if (happens(rates.notSent) || happens(rates.limited)) return 'not sent';
    const sentAt = now;
    if (present()) {
      now += 100;
      return happens(rates.lost) ? 'unknown' : 'rejected';
    }
    // Half-way: the row is there, the answer is a 500, and the account has too many rights; still it is there.
    if (happens(rates.halfWay)) {
      accounts.push({ at: now });
      now += 100;
      return 'unknown';
    }
    if (!happens(rates.lost)) {
      now += 100 + random() * 2_000;
      // Checked at the start, inserted at the end: what was committed in between is not seen.
      accounts.push({ at: now });
      return 'created';
    }
    now += random() * 30_000;
    if (happens(rates.never)) return 'unknown';
    accounts.push({ at: happens(rates.late) ? sentAt + random() * latestCommit : now });
    return 'unknown';
  }
}
