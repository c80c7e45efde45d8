import type { WorkflowExecutionInfo, WorkflowExecutionStatusName } from '@temporalio/client';
import { batchKey, onboardingReasonKey, onboardingStateKey, portalKey } from '../contract/search-attributes.js';
import { lacksAttributes } from '../temporal/grpc-errors.js';
import type { Session } from './session.js';

/** An onboarding as visibility lists it, which needs no worker. */
export interface ListedOnboarding {
  email: string;
  workflowId: string;
  runId: string;
  /** `null` if the namespace lacks the search attributes. */
  state: string | null;
  reason: string | null;
  /** The workflow id of the batch that started it. */
  batch: string | null;
  startedAt: string;
  webUi: string | null;
  open: boolean;
}

const onboardingCondition = `WorkflowType = 'onboardUser'`;
const openCondition = `${onboardingCondition} AND ExecutionStatus = 'Running'`;

/** The open onboardings of the session's portal, or only those that meet a condition. */
export function openOnboardings(session: Session, condition?: string): Promise<ListedOnboarding[]> {
  const more = condition === undefined ? [] : [condition];
  return atPortal(session, (portal) => list(session, [openCondition, ...portal, ...more]));
}

/** Most urgent first. */
const priorityOrder = [
  `${onboardingStateKey.name} = 'needs-attention'`,
  `${onboardingStateKey.name} = 'running'`,
  `(${onboardingStateKey.name} NOT IN ('needs-attention', 'running') OR ${onboardingStateKey.name} IS NULL)`,
];

interface FirstOnboardings {
  rows: ListedOnboarding[];
  /** How many are open in total. */
  total: number;
}

/** The most urgent open onboardings: those that need attention, then running ones, then others; the newest first. */
export function firstOnboardings(session: Session, max: number): Promise<FirstOnboardings> {
  return atPortal(session, async (portal) => {
    const rows: ListedOnboarding[] = [];
    // Without search attributes, nothing shows which ones are urgent.
    for (const group of portal.length === 0 ? [openCondition] : priorityOrder) {
      rows.push(...(await list(session, [openCondition, ...portal, group], max - rows.length)));
    }
    const { count } = await session.client.workflow.count([openCondition, ...portal].join(' AND '));
    return { rows, total: count };
  });
}

/** The state that the end of a run means. A run that continues as new has not ended. */
const stateAfter: Partial<Record<WorkflowExecutionStatusName, string>> = {
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'failed',
  TIMED_OUT: 'failed',
};

/** The onboardings of the session's portal that closed after a time. */
export function closedOnboardings(session: Session, since: Date): Promise<ListedOnboarding[]> {
  const closed = [
    onboardingCondition,
    `ExecutionStatus IN ('Completed', 'Failed', 'Canceled', 'Terminated', 'TimedOut')`,
    `CloseTime > '${since.toISOString()}'`,
  ];
  return atPortal(session, (portal) => list(session, [...closed, ...portal]));
}

/**
 * Queries for the runs of the session's portal, and for runs without attributes, because one that was started by hand may
 * have none. If the namespace lacks the attributes, nothing distinguishes portals, so it queries without a condition.
 */
async function atPortal<Found>(
  { portal }: Session,
  query: (conditions: readonly string[]) => Promise<Found>,
): Promise<Found> {
  try {
    return await query([`(${portalKey.name} = '${portal}' OR ${portalKey.name} IS NULL)`]);
  } catch (error) {
    if (!lacksAttributes(error)) throw error;
    return query([]);
  }
}

async function list(session: Session, conditions: readonly string[], max?: number): Promise<ListedOnboarding[]> {
  const found: ListedOnboarding[] = [];
  if (max === 0) return found;
  const page = max === undefined ? {} : { pageSize: max };
  for await (const run of session.client.workflow.list({ query: conditions.join(' AND '), ...page })) {
    if (found.push(toListItem(session, run)) === max) break;
  }
  return found;
}

type Run = Pick<
  WorkflowExecutionInfo,
  'workflowId' | 'runId' | 'status' | 'startTime' | 'memo' | 'typedSearchAttributes'
>;

export function toListItem(session: Session, run: Run): ListedOnboarding {
  const { workflowId, runId, status, startTime, memo, typedSearchAttributes } = run;
  const state = typedSearchAttributes.get(onboardingStateKey);
  return {
    email: typeof memo?.['email'] === 'string' ? memo['email'] : workflowId.replace(/^onboard:/, ''),
    workflowId,
    runId,
    state: stateAfter[status.name] ?? state ?? (status.name === 'COMPLETED' ? 'onboarded' : null),
    reason: typedSearchAttributes.get(onboardingReasonKey) ?? null,
    batch: typedSearchAttributes.get(batchKey) ?? null,
    startedAt: startTime.toISOString(),
    webUi: session.webUi(workflowId, runId),
    open: status.name === 'RUNNING',
  };
}
