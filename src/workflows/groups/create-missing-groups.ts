import { WorkflowExecutionAlreadyStartedError, type WorkflowIdReusePolicy } from '@temporalio/common';
import {
  ChildWorkflowFailure,
  ChildWorkflowCancellationType,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  rootCause,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { CreateGroupInput, FoundGroup, FoundPlaces } from '../../contract/places.js';
import { portalKey } from '../../contract/search-attributes.js';
import { doublingWaits } from '../doubling-waits.js';
import { findAttention } from '../steps/attention.js';
import type { createGroup } from './create-group.js';

/** If another run is creating the group, it is usually done within a second, and after a lost answer within minutes. */
const firstWaitMs = 1_000;
const maxWaitMs = 15_000;

/**
 * Creates the groups that a look-up did not find.
 *
 * @param names the groups that may be created
 */
export async function createMissingGroups(
  portal: string,
  found: FoundPlaces,
  names: ReadonlySet<string>,
): Promise<FoundPlaces> {
  const groups = found.groups.map((group) =>
    names.has(group.asked) ? createIfMissing(portal, group) : Promise.resolve(group),
  );
  return { ...found, groups: await Promise.all(groups) };
}

async function createIfMissing(portal: string, group: FoundGroup): Promise<FoundGroup> {
  const { asked: name, creationId } = group;
  if (creationId === undefined) return group;
  const waits = doublingWaits(firstWaitMs, maxWaitMs);
  try {
    for (;;) {
      const created =
        (await startCreation(creationId, { portal, name }, 'REJECT_DUPLICATE')) ??
        // There was a run before, and nobody knows what it posted.
        (await startCreation(creationId, { portal, name, mayHaveBeenPosted: true }, 'ALLOW_DUPLICATE'));
      if (created) return created;
      await sleep(waits.next().value, { summary: `another run creates the group ${shorten(name)}` });
    }
  } catch (error) {
    return { asked: name, id: '', name, message: problemOf(name, error) };
  }
}

/** @returns `undefined` if a run with this id is open or, with `REJECT_DUPLICATE`, if the server has a closed one */
async function startCreation(
  workflowId: string,
  input: CreateGroupInput,
  workflowIdReusePolicy: WorkflowIdReusePolicy,
): Promise<FoundGroup | undefined> {
  const hasAttributes = workflowInfo().typedSearchAttributes.get(portalKey) !== undefined;
  try {
    return await executeChild<typeof createGroup>('createGroup', {
      workflowId,
      workflowIdReusePolicy,
      args: [input],
      // Others may wait for the group, even if this run is cancelled or terminated.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
      staticSummary: `group ${shorten(input.name)}`,
      ...(hasAttributes && { typedSearchAttributes: [{ key: portalKey, value: input.portal }] }),
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
    throw error;
  }
}

/** The server refuses a summary of more than 400 bytes, and a codec lengthens it. */
const shorten = (name: string): string => name.slice(0, 60);

/** @throws a failure that needs attention, so the caller's step needs it, too, and a cancellation of the caller */
function problemOf(name: string, error: unknown): string {
  if (!(error instanceof ChildWorkflowFailure) || isCancellation(error)) throw error;
  const { cause } = error;
  if (cause && findAttention(cause)) throw cause;
  return `the run that creates the group "${name}" ended: ${rootCause(error) ?? 'terminated'}`;
}
