import { portalKey } from '../contract/search-attributes.js';
import { parseRole } from '../domain/roles.js';
import type { Person } from '../people/person.js';
import { Exit, exitCodes } from '../program/exit.js';
import { isRunning, listChunks, peopleOfChunk, personHash, takePeople, wasStoppedRecently } from './chunks.js';
import { findRuns } from './find-runs.js';
import type { Session } from './session.js';
import type { BatchRequest } from './start-batch.js';

/**
 * Before a batch starts, finds everything else that works on the people of its file, so each person keeps one writer.
 * Open batches hand over the people whom both files list.
 *
 * @throws {Exit} if an open batch requests another role for one of them
 */
export async function findOtherWriters(
  session: Session,
  id: string,
  people: readonly Person[],
): Promise<Pick<BatchRequest, 'onboardedElsewhere' | 'mayHaveBeenPosted'>> {
  const byHash = new Map(people.map((person) => [personHash(session, person.email), person]));
  const byId = new Map(people.map(({ email }) => [session.workflowIds.workflowIdFor(email), email]));
  const onboardedElsewhere = new Set<string>();
  const mayHaveBeenPosted = new Set<string>();

  for (const chunk of await listChunks(session, isRunning)) {
    if (chunk.batch === id || ![...chunk.hashes].some((hash) => byHash.has(hash))) continue;
    const shared = (await peopleOfChunk(session, chunk)).filter((person) => {
      const own = byHash.get(personHash(session, person.email));
      if (own?.email !== person.email) return false;
      if (parseRole(own.role) !== parseRole(person.role)) throw otherRole(own, person.role, chunk.batch);
      return true;
    });
    const emails = shared.map(({ email }) => email);
    if (emails.length > 0) await takePeople(session, chunk, emails);
    for (const email of emails) onboardedElsewhere.add(email);
  }
  for await (const email of onboardingsOf(session, byId, isRunning)) onboardedElsewhere.add(email);

  for (const { hashes } of await listChunks(session, wasStoppedRecently())) {
    for (const hash of hashes) if (byHash.has(hash)) mayHaveBeenPosted.add(byHash.get(hash)?.email ?? '');
  }
  for await (const email of onboardingsOf(session, byId, wasStoppedRecently())) mayHaveBeenPosted.add(email);
  return { onboardedElsewhere, mayHaveBeenPosted };
}

function otherRole({ email, role }: Person, theirs: string, batch: string): Exit {
  return new Exit(
    exitCodes.guarded,
    `${batch} is open and requests the role ${theirs} for ${email}, but this file requests ${role}; nothing was started`,
    `Wait for it (npm run starter -- status --batch ${batch} --watch) or cancel it, then import this file again.`,
  );
}

/** The people of a file who have an onboarding at this portal that a visibility query finds. */
async function* onboardingsOf(
  session: Session,
  byId: ReadonlyMap<string, string>,
  narrowed: string,
): AsyncGenerator<string> {
  const query = `WorkflowType = 'onboardUser' AND ${portalKey.name} = '${session.portal}' AND ${narrowed}`;
  for await (const { workflowId } of findRuns(session, query)) {
    const email = byId.get(workflowId);
    if (email !== undefined) yield email;
  }
}
