import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { chunkStatus, type PersonResult } from '../contract/batch.js';
import { chunkHandle, holdsPersonCondition, listChunks, peopleOfChunk, type ListedChunk } from './chunks.js';
import type { Session } from './session.js';
import { noResponseError, queryWithTimeout } from './workers.js';

export interface ImportOfPerson extends PersonResult {
  batch: string;
  workflowId: string;
  runId: string;
  requestedRole: string;
  /** Absent if the row requests none. */
  requestedGroups?: string[];
  requestedRooms?: string[];
  /** When the chunk was started. ISO 8601. */
  startedAt: string;
  /** When the chunk closed; absent while it is open. ISO 8601. */
  at?: string;
}

/**
 * The imports of a person whose chunks the server still has, latest first.
 *
 * @throws {Exit} if no worker answers for one that is open
 */
export async function importsOf(session: Session, email: string): Promise<ImportOfPerson[]> {
  const imports: ImportOfPerson[] = [];
  for (const chunk of await listChunks(session, holdsPersonCondition(session, email))) {
    const requested = (await peopleOfChunk(session, chunk)).find((person) => person.email === email);
    if (!requested) continue; // another person with the same short hash
    const result = await resultIn(session, chunk, email);
    if (!result && !chunk.closedAt) throw await noResponseError(session, chunk.workflowId);
    if (!result) continue; // somebody terminated the chunk
    const { workflowId, runId, batch, startedAt, closedAt } = chunk;
    const at = closedAt && { at: closedAt.toISOString() };
    const { role: requestedRole, groups: requestedGroups, rooms: requestedRooms } = requested;
    const facts = { batch, workflowId, runId, requestedRole, startedAt: startedAt.toISOString() };
    const places = { ...(requestedGroups && { requestedGroups }), ...(requestedRooms && { requestedRooms }) };
    imports.push({ ...result, ...facts, ...places, ...at });
  }
  const never = '9999'; // later than any time at which an import has closed
  return imports.sort((one, other) => (other.at ?? never).localeCompare(one.at ?? never));
}

async function resultIn(session: Session, chunk: ListedChunk, email: string): Promise<PersonResult | undefined> {
  const handle = chunkHandle(session, chunk);
  try {
    const outcome = chunk.closedAt
      ? await handle.result()
      : await queryWithTimeout(session, () => handle.query(chunkStatus));
    return outcome?.people.find((person) => person.email === email);
  } catch (error) {
    if (error instanceof WorkflowFailedError || error instanceof WorkflowNotFoundError) return undefined; // terminated
    throw error;
  }
}
