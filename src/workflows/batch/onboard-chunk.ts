import { peopleAtOnce, type ChunkInput, type ChunkOutcome } from '../../contract/batch.js';
import { forEachConcurrently } from '../../utils/for-each-concurrently.js';
import { Chunk } from './chunk.js';
import { ChunkPerson } from './chunk-person.js';
import { wayOf } from '../steps/steps.js';
import { createStepProxies } from '../steps/activity-options.js';

/**
 * A limited portal may say "come back tomorrow", which a step must outlive; what fails so often otherwise, over about a
 * quarter of an hour, is not waited for any longer.
 */
const patience = { giveUpAfter: 48 * 3_600_000, maximumAttempts: 20 };

/** Onboards the people of one part of a batch, each by the three steps; waits until its batch begins. */
export async function onboardChunk(input: ChunkInput): Promise<ChunkOutcome> {
  const part = new Chunk(input);
  part.listen();
  const activities = createStepProxies(patience);

  if (await part.begins()) {
    await forEachConcurrently(peopleAtOnce, input.people, async (person, index) => {
      if (part.stops) return;
      const traveller = new ChunkPerson(person, part, index);
      const { createAccount, applyRole } = wayOf(traveller.way, traveller, activities);
      try {
        const { id } = await createAccount();
        await applyRole(id);
        await traveller.onboarded();
      } catch (error) {
        await traveller.leaves(error);
      }
    });
  }
  return part.closed();
}
