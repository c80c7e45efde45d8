import { onboardingReasonKey, onboardingStateKey, portalKey } from '../workflows/attributes.js';
import { grpcCodes, grpcErrorIn } from './grpc.js';
import type { Session } from './session.js';

/** An open onboarding as visibility has it: no worker is asked. */
export interface OpenOnboarding {
  email: string;
  workflowId: string;
  runId: string;
  /** `null` where the namespace lacks the search attributes. */
  state: string | null;
  reason: string | null;
  startedAt: string;
  webUi: string | null;
}

/** The open onboardings of the session's portal, narrowed by a visibility query. */
export async function openOnboardings(session: Session, narrowed?: string): Promise<OpenOnboarding[]> {
  const open = `WorkflowType = 'onboardUser' AND ExecutionStatus = 'Running'`;
  // A run that was started by hand carries no attributes, and is shown all the same.
  const ofPortal = `(${portalKey.name} = '${session.portal}' OR ${portalKey.name} IS NULL)`;
  try {
    return await list(session, [open, ofPortal, narrowed]);
  } catch (error) {
    // Without the attributes there is nothing to narrow by, and the list still says who is open.
    if (narrowed !== undefined || grpcErrorIn(error)?.code !== grpcCodes.invalidArgument) throw error;
    return list(session, [open]);
  }
}

async function list(session: Session, conditions: (string | undefined)[]): Promise<OpenOnboarding[]> {
  const query = conditions.filter((condition) => condition !== undefined).join(' AND ');
  const found: OpenOnboarding[] = [];
  for await (const { workflowId, runId, startTime, memo, typedSearchAttributes } of session.client.workflow.list({
    query,
  })) {
    found.push({
      email: typeof memo?.['email'] === 'string' ? memo['email'] : workflowId.replace(/^onboard:/, ''),
      workflowId,
      runId,
      state: typedSearchAttributes.get(onboardingStateKey) ?? null,
      reason: typedSearchAttributes.get(onboardingReasonKey) ?? null,
      startedAt: startTime.toISOString(),
      webUi: session.webUi(workflowId, runId),
    });
  }
  return found;
}
