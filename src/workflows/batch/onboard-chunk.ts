import { peopleAtOnce, type PartInput, type PartOutcome } from '../../contract/batch.js';
import { inLanes } from '../../utils/for-each-concurrently.js';
import { Part } from './chunk.js';
import { PersonOfPart } from './chunk-person.js';
import { wayOf } from '../steps/steps.js';
import { stepsWithin } from '../steps/activity-options.js';

/**
 * A limited portal may say "come back tomorrow", which a step must outlive; what fails so often otherwise, over about a
 * quarter of an hour, is not waited for any longer.
 */
const patience = { giveUpAfter: 48 * 3_600_000, mostAttempts: 20 };

/** Onboards the people of one part of a batch, each by the three steps; waits until its batch begins. */
export async function onboardPart(input: PartInput): Promise<PartOutcome> {
  const part = new Part(input);
  part.listen();
  const activities = stepsWithin(patience);

  if (await part.begins()) {
    await inLanes(peopleAtOnce, input.people, async (person, index) => {
      if (part.stops) return;
      const traveller = new PersonOfPart(person, part, index);
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
