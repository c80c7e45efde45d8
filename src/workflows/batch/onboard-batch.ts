import { Batch } from './batch.js';
import type { BatchInput, BatchOutcome } from '../../contract/batch.js';
import { forEachConcurrently } from '../../utils/for-each-concurrently.js';

/** So many parts work at once: while one runs out of people, another is in full swing. */
const partsAtOnce = 2;

/** Onboards many people: begins with one part after another, and knows what became of everybody. */
export async function onboardBatch(input: BatchInput): Promise<BatchOutcome> {
  const batch = new Batch(input);
  batch.listen();
  await forEachConcurrently(partsAtOnce, batch.openParts(), (part) => batch.takeThrough(part));
  await batch.continueWhereLong();
  return batch.closed();
}
