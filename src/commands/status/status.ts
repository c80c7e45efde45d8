import { WorkflowNotFoundError } from '@temporalio/client';
import Table from 'cli-table3';
import { exitCodes, type ExitCode } from '../../program/exit.js';
import { batchKey, noReason, onboardingStateKey, portalKey } from '../../contract/search-attributes.js';
import { openBatches } from '../../client/batches.js';
import { openOnboardings, type ListedOnboarding } from '../../client/list-onboardings.js';
import {
  closedOutcome,
  exitCodeSoFar,
  queryOutcome,
  toShown,
  unknownOnboarding,
  type OnboardingHandle,
  type ShownOutcome,
} from '../../client/outcomes.js';
import { plainProgress } from '../step-progress.js';
import { history } from './history.js';
import type { ServerContext } from '../command.js';
import { print, printJson } from '../../terminal/print.js';
import { withSession } from '../with-session.js';
import { showOutcome } from '../outcome-text.js';
import { onboardingHandle } from '../../client/start-onboarding.js';
import { watchAll, watchOne } from './watch.js';
import { noResponseError } from '../../client/workers.js';
import { visible } from '../../terminal/visible-text.js';
import type { Session } from '../../client/session.js';

interface StatusOptions extends ServerContext {
  watch?: true | undefined;
  history?: true | undefined;
}

/** What is known of one onboarding, or of all that are open. */
export function status(email: string | undefined, flags: StatusOptions): Promise<ExitCode> {
  return withSession({ flags, needsWorker: false }, (session) => {
    if (email === undefined) return flags.watch ? watchAll(session, flags) : all(session, flags);
    return flags.history ? history(session, email, flags) : one(session, email, flags);
  });
}

async function one(session: Session, email: string, flags: StatusOptions): Promise<ExitCode> {
  const isTold = flags.watch && (await watchOne(session, email, flags));
  const outcome = await known(session, onboardingHandle(session, email));
  if (!isTold && flags.json) printJson(outcome);
  else if (!isTold) {
    showOutcome(outcome);
    plainProgress(print, process.stdout).show(outcome);
  }
  return exitCodeSoFar(outcome);
}

async function known(session: Session, handle: OnboardingHandle): Promise<ShownOutcome> {
  const description = await handle.describe().catch((error: unknown) => {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw unknownOnboarding(session, handle.workflowId);
  });
  if (description.status.name !== 'RUNNING') return toShown(session, await closedOutcome(handle));
  const outcome = await queryOutcome(session, handle);
  if (outcome) return outcome;
  throw await noResponseError(session, handle.workflowId, ` since ${description.startTime.toISOString()}`);
}

async function all(session: Session, { json }: ServerContext): Promise<ExitCode> {
  const found = await openOnboardings(session);
  if (json) {
    printJson(found);
    return exitCodes.done;
  }
  for (const id of await openBatches(session)) {
    print(`${id} is at work: npm run starter -- status --batch ${id}`);
  }
  if (found.length === 0) {
    print(`No onboarding is open for ${session.portal}.`);
    return exitCodes.done;
  }
  const table = new Table({
    head: ['e-mail', 'state', 'needs', 'open since'],
    style: { head: [], border: [], compact: true },
  });
  for (const { email, state, reason, startedAt } of found) {
    table.push([visible(email), state ?? 'unknown', reason === noReason || reason === null ? '' : reason, startedAt]);
  }
  print(table.toString());
  print(`${found.length} open for ${session.portal}; those that are onboarded stay open for role changes.`);
  for (const [name, link] of viewsOf(session, found)) if (link !== null) print(`  ${name}  ${link}`);
  return exitCodes.done;
}

/** So many batches have their link shown. */
const shownBatches = 3;

/** The lists of the Web UI that are worth saving there as a view. */
function viewsOf(session: Session, found: readonly ListedOnboarding[]): [string, string | null][] {
  const parked = `${onboardingStateKey.name}="needs-attention" AND ${portalKey.name}="${session.portal}"`;
  const batches = [...new Set(found.flatMap(({ batch }) => batch ?? []))].slice(0, shownBatches);
  return [
    ['needs attention', session.webUiList(parked)],
    ...batches.map((batch): [string, string | null] => [
      visible(batch),
      session.webUiList(`${batchKey.name}="${batch}"`),
    ]),
  ];
}
