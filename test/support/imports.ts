import { expect } from 'vitest';
import type { BatchOutcome } from '../../src/contract/batch.js';
import type { TestPortal } from './portal.js';
import type { Finished } from './starter.js';

/**
 * Every import of a test runs twice, and the second one must report the same and write nothing. A test whose second
 * import may write says why, in the first argument of `importOnce`.
 */
export async function importTwice<Result extends BatchOutcome | Finished>(
  portal: TestPortal,
  run: () => Promise<Result>,
  /** Whom the import is about, if others change at the portal meanwhile. */
  email?: string,
): Promise<Result> {
  const first = await run();
  const report = reportOf(first);
  if (report === undefined) return first;
  const before = (await portal.ledger()).length;
  expect(reportOf(await run())).toEqual(report);
  const about = email === undefined ? undefined : [email, ...(await portal.withEmail(email)).map(({ id }) => id)];
  const writes = (await portal.ledger())
    .slice(before)
    .filter((line) => !line.route.startsWith('GET') && (about?.includes(line.about) ?? true));
  expect(writes).toEqual([]);
  return first;
}

/** @param _reason why the second import would write, or what it would hide */
export const importOnce = <Result>(_reason: string, run: () => Promise<Result>): Promise<Result> => run();

/** What both runs report; `undefined` if the import is not over, so another one may continue it. */
function reportOf(result: BatchOutcome | Finished): unknown {
  if ('counts' in result) {
    const { state, counts } = result;
    return state === 'needs-attention' || state === 'cancelled' ? undefined : [state, counts];
  }
  const { code } = result;
  return code === 0 || code === 4 ? code : undefined;
}
