import type { Ledger } from './ledger.js';
import type { People } from '../portal/people.js';

/** Summarizes thousands of calls in a few numbers. */
export interface Summary {
  /** For each route, how often it was answered with each status; `lost` counts the calls without an answer. */
  calls: Record<string, Record<string, number>>;
  /** Answers with 429. */
  limited: number;
  /** E-mails that belong to more than one account. */
  duplicates: string[];
  people: number;
  /** When the first call was received and the last one ended, in milliseconds since 1970. */
  from: number | null;
  to: number | null;
}

/** @param since how many lines of the ledger to skip */
export function summaryOf(ledger: Ledger, people: People, since: number): Summary {
  const calls: Summary['calls'] = {};
  let limited = 0;
  const lines = ledger.read({}, since);
  const ended = lines.filter(({ phase }) => phase === 'answered' || phase === 'lost');
  for (const { route, status } of ended) {
    const end = status === undefined ? 'lost' : String(status);
    const counts = (calls[route] ??= {});
    counts[end] = (counts[end] ?? 0) + 1;
    if (status === 429) limited++;
  }
  const [from, to] = [lines[0]?.at ?? null, ended.at(-1)?.at ?? null];
  return { calls, limited, duplicates: people.duplicates(), people: people.all().length, from, to };
}
