import type { WorkflowExecutionInfo, WorkflowExecutionStatusName } from '@temporalio/client';
import { batchKey, onboardingReasonKey, onboardingStateKey, portalKey } from '../contract/search-attributes.js';
import { lacksAttributes } from '../temporal/grpc-errors.js';
import type { Session } from './session.js';

/** An onboarding as visibility has it: no worker is asked. */
export interface ListedOnboarding {
  email: string;
  workflowId: string;
  runId: string;
  /** `null` where the namespace lacks the search attributes. */
  state: string | null;
  reason: string | null;
  /** The workflow id of the batch that it came with. */
  batch: string | null;
  startedAt: string;
  webUi: string | null;
  open: boolean;
}

const ofOnboarding = `WorkflowType = 'onboardUser'`;
const open = `${ofOnboarding} AND ExecutionStatus = 'Running'`;

/** The open onboardings of the session's portal, narrowed by a visibility query. */
export async function openOnboardings(session: Session, narrowed?: string): Promise<ListedOnboarding[]> {
  if (narrowed !== undefined) return list(session, [open, ofPortal(session), narrowed]);
  return orOfAnyPortal(
    () => list(session, [open, ofPortal(session)]),
    () => list(session, [open]),
  );
}

const kinds = [
  `${onboardingStateKey.name} = 'needs-attention'`,
  `${onboardingStateKey.name} = 'running'`,
  `(${onboardingStateKey.name} = 'onboarded' OR ${onboardingStateKey.name} IS NULL)`,
];

interface FirstOnboardings {
  rows: ListedOnboarding[];
  /** How many are open in all. */
  total: number;
}

/**
 * The open onboardings that are worth a look first, so many at most: those that need a person, then those at work, then
 * the others; of each kind the youngest first.
 */
export function firstOnboardings(session: Session, most: number): Promise<FirstOnboardings> {
  return orOfAnyPortal(
    async () => {
      const rows: ListedOnboarding[] = [];
      for (const kind of kinds) {
        rows.push(...(await list(session, [open, ofPortal(session), kind], most - rows.length)));
      }
      return { rows, total: await count(session, [open, ofPortal(session)]) };
    },
    async () => ({ rows: await list(session, [open], most), total: await count(session, [open]) }),
  );
}

/** What the end of a run means; one that goes on as a new run has not ended. */
const ends: Partial<Record<WorkflowExecutionStatusName, string>> = {
  COMPLETED: 'onboarded',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'failed',
  TIMED_OUT: 'failed',
};

/** The onboardings of the session's portal that have closed since then. */
export function closedOnboardings(session: Session, since: Date): Promise<ListedOnboarding[]> {
  const closed = [
    ofOnboarding,
    `ExecutionStatus IN ('Completed', 'Failed', 'Canceled', 'Terminated', 'TimedOut')`,
    `CloseTime > '${since.toISOString()}'`,
  ];
  return orOfAnyPortal(
    () => list(session, [...closed, ofPortal(session)]),
    () => list(session, closed),
  );
}

/** Without the attributes there is nothing to tell portals by, and the list still says who is there. */
async function orOfAnyPortal<Found>(ofPortals: () => Promise<Found>, ofAny: () => Promise<Found>): Promise<Found> {
  try {
    return await ofPortals();
  } catch (error) {
    if (!lacksAttributes(error)) throw error;
    return ofAny();
  }
}

/** A run that was started by hand carries no attributes, and is shown all the same. */
function ofPortal({ portal }: Session): string {
  return `(${portalKey.name} = '${portal}' OR ${portalKey.name} IS NULL)`;
}

async function count({ client }: Session, conditions: readonly string[]): Promise<number> {
  return (await client.workflow.count(conditions.join(' AND '))).count;
}

async function list(session: Session, conditions: readonly string[], most?: number): Promise<ListedOnboarding[]> {
  const found: ListedOnboarding[] = [];
  if (most === 0) return found;
  const page = most === undefined ? {} : { pageSize: most };
  for await (const run of session.client.workflow.list({ query: conditions.join(' AND '), ...page })) {
    if (found.push(toListItem(session, run)) === most) break;
  }
  return found;
}

type Run = Pick<
  WorkflowExecutionInfo,
  'workflowId' | 'runId' | 'status' | 'startTime' | 'memo' | 'typedSearchAttributes'
>;

/** A run as the list has it, or a look at it alone. */
export function toListItem(session: Session, run: Run): ListedOnboarding {
  const { workflowId, runId, status, startTime, memo, typedSearchAttributes } = run;
  return {
    email: typeof memo?.['email'] === 'string' ? memo['email'] : workflowId.replace(/^onboard:/, ''),
    workflowId,
    runId,
    state: ends[status.name] ?? typedSearchAttributes.get(onboardingStateKey) ?? null,
    reason: typedSearchAttributes.get(onboardingReasonKey) ?? null,
    batch: typedSearchAttributes.get(batchKey) ?? null,
    startedAt: startTime.toISOString(),
    webUi: session.webUi(workflowId, runId),
    open: status.name === 'RUNNING',
  };
}
