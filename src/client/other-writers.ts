import { portalKey } from '../contract/search-attributes.js';
import { parseRole } from '../domain/roles.js';
import type { Person } from '../people/person.js';
import { Exit, exitCodes } from '../program/exit.js';
import {
  endChunk,
  isAbandoned,
  runningCondition,
  listChunks,
  peopleOfChunk,
  personHash,
  takePeople,
  stoppedRecentlyCondition,
  type ListedChunk,
} from './chunks.js';
import { findRuns, ifFound } from './find-runs.js';
import type { Session } from './session.js';
import type { BatchRequest } from './start-batch.js';
import { unclearPeople, type StoppedRun } from './unclear-writes.js';

/**
 * Finds everything else that works on the people of a file, so each person keeps one writer. Open batches hand over the
 * people in both files. Chunks that a terminated batch left behind are ended.
 *
 * @throws {Exit} if an open batch requests another role for one of them
 */
export async function findOtherWriters(
  session: Session,
  id: string,
  people: readonly Person[],
): Promise<Required<Pick<BatchRequest, 'onboardedElsewhere' | 'mayHaveBeenPosted'>>> {
  const byHash = new Map(people.map((person) => [personHash(session, person.email), person]));
  const byId = new Map(people.map(({ email }) => [session.workflowIds.workflowIdFor(email), email]));
  const onboardedElsewhere = new Set<string>();
  const stopped: StoppedRun[] = [];
  const holdsAny = ({ hashes }: ListedChunk): boolean => [...hashes].some((hash) => byHash.has(hash));

  for (const chunk of (await listChunks(session, runningCondition)).filter(holdsAny)) {
    if (await isAbandoned(session, chunk)) {
      await endChunk(session, chunk);
      stopped.push(chunk); // the server lists it as open for a moment after it has closed
      continue;
    }
    if (chunk.batch === id) continue;
    const shared = (await peopleOfChunk(session, chunk)).flatMap((person) => {
      const own = byHash.get(personHash(session, person.email));
      return own?.email === person.email ? { own, role: person.role } : [];
    });
    if (shared.length === 0) continue;
    const other = shared.find(({ own, role }) => parseRole(own.role) !== parseRole(role));
    if (other) throw await otherRole(session, other.own, other.role, chunk.batch);
    const emails = shared.map(({ own }) => own.email);
    await takePeople(session, chunk, emails);
    for (const email of emails) onboardedElsewhere.add(email);
  }
  for await (const { email } of onboardingsOf(session, byId, runningCondition)) onboardedElsewhere.add(email);

  stopped.push(...(await listChunks(session, stoppedRecentlyCondition())).filter(holdsAny));
  for await (const onboarding of onboardingsOf(session, byId, stoppedRecentlyCondition())) stopped.push(onboarding);
  return { onboardedElsewhere, mayHaveBeenPosted: await unclearPeople(session, stopped) };
}

async function otherRole({ client }: Session, { email, role }: Person, theirs: string, batch: string): Promise<Exit> {
  const hasStarted = (await ifFound(client.workflow.getHandle(batch).describe())) !== undefined;
  return new Exit(
    exitCodes.guarded,
    `${batch} is ${hasStarted ? 'open' : 'starting'} and requests the role ${theirs} for ${email}, but this file requests ${role}; nothing was started`,
    hasStarted
      ? `Wait for it (npm run starter -- status --batch ${batch} --watch) or cancel it, then import this file again.`
      : 'Import this file again in a minute: if the other import was killed while it started, this one then ends it.',
  );
}

/** The people of a file who have an onboarding at this portal that meets a condition. */
async function* onboardingsOf(
  session: Session,
  byId: ReadonlyMap<string, string>,
  condition: string,
): AsyncGenerator<StoppedRun & { email: string }> {
  const query = `WorkflowType = 'onboardUser' AND ${portalKey.name} = '${session.portal}' AND ${condition}`;
  for await (const { workflowId, runId, closeTime } of findRuns(session, query)) {
    const email = byId.get(workflowId);
    if (email !== undefined) yield { email, workflowId, runId, closedAt: closeTime };
  }
}
