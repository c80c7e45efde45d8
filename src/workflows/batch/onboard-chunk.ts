import { groupsAtOnce, type ChunkInput, type ChunkOutcome } from '../../contract/batch.js';
import { forEachConcurrently } from './for-each-concurrently.js';
import { Chunk } from './chunk.js';
import { Group } from './group.js';
import { assertChunkInput } from './input.js';

/**
 * Onboards the people of one chunk of a batch in groups. It writes only to accounts that it created. Everybody who is
 * not a plain case is handed over to `onboardUser`.
 */
export async function onboardChunk(input: ChunkInput): Promise<ChunkOutcome> {
  assertChunkInput(input);
  const chunk = new Chunk(input);
  chunk.registerHandlers();
  await forEachConcurrently(groupsAtOnce, chunk.groups(), async (people) => {
    if (await chunk.untilStarted()) await new Group(chunk, people).onboard();
  });
  return chunk.complete();
}
