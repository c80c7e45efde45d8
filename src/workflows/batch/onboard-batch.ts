import { chunksAtOnce, type BatchInput, type BatchOutcome } from '../../contract/batch.js';
import { forEachConcurrently } from './for-each-concurrently.js';
import { Batch } from './batch.js';
import { assertBatchInput } from './input.js';

/** Onboards many people: starts one chunk after another, and keeps everybody's result. */
export async function onboardBatch(input: BatchInput): Promise<BatchOutcome> {
  assertBatchInput(input);
  const batch = new Batch(input);
  batch.registerHandlers();
  await forEachConcurrently(chunksAtOnce, batch.openChunks(), (chunk) => batch.run(chunk));
  await batch.untilClosed();
  await batch.continueIfLong();
  return batch.complete();
}
