import { openBatches } from '../../client/batches.js';
import { importsOf } from '../../client/imports.js';
import { firstOnboardings, openOnboardings, type ListedOnboarding } from '../../client/list-onboardings.js';
import {
  closedOutcome,
  describeOnboarding,
  queryOutcome,
  toShown,
  type OnboardingHandle,
  type ShownOutcome,
  onboardingHandle,
} from '../../client/outcomes.js';
import type { Session } from '../../client/session.js';
import { findSlowdown } from '../../client/retried-failures.js';
import { hasOnboarding } from '../../client/start-onboarding.js';
import { hasPollers, noResponseError } from '../../client/workers.js';
import { batchKey, onboardingStateKey, portalKey } from '../../contract/search-attributes.js';
import { exitCodes, type ExitCode } from '../../program/exit.js';
import { print, printJson } from '../../terminal/print.js';
import { visible } from '../../terminal/visible-text.js';
import { countOf, formatCount } from '../../utils/format-count.js';
import type { ServerContext } from '../command.js';
import { exitCodeSoFar } from '../outcome-exit-code.js';
import { showOutcome } from '../outcome-text.js';
import { stepLines } from '../step-progress.js';
import { withSession } from '../with-session.js';
import { history } from './history.js';
import { showImportedPerson } from './imported-person.js';
import { onboardingTable } from './onboarding-table.js';
import { OutcomeCache } from './outcome-cache.js';
import { watchAll, watchOne } from './watch.js';

interface StatusOptions extends ServerContext {
  watch?: true | undefined;
  history?: true | undefined;
}

/** Shows one onboarding, or all open ones. */
export function status(email: string | undefined, flags: StatusOptions): Promise<ExitCode> {
  return withSession({ flags, needsWorker: false }, (session) => {
    if (email === undefined) return flags.watch ? watchAll(session, flags) : showAll(session, flags);
    return flags.history ? history(session, email, flags) : showOne(session, email, flags);
  });
}

async function showOne(session: Session, email: string, flags: StatusOptions): Promise<ExitCode> {
  if (!(await hasOnboarding(session, email))) {
    const [latest, ...earlier] = await importsOf(session, email);
    if (latest) return showImportedPerson(session, [latest, ...earlier], flags);
  }
  const isShown = flags.watch && (await watchOne(session, email, flags));
  const outcome = await readOutcome(session, onboardingHandle(session, email));
  if (!isShown && flags.json) printJson(outcome);
  else if (!isShown) {
    showOutcome(outcome);
    for (const line of stepLines(outcome, process.stdout)) print(line);
  }
  return exitCodeSoFar(outcome);
}

async function readOutcome(session: Session, handle: OnboardingHandle): Promise<ShownOutcome> {
  const { status: run, startTime } = await describeOnboarding(session, handle);
  if (run.name !== 'RUNNING') return toShown(session, await closedOutcome(handle));
  const outcome = await queryOutcome(session, handle);
  if (outcome) return outcome;
  throw await noResponseError(session, handle.workflowId, ` since ${startTime.toISOString()}`);
}

/** The most onboardings in the table, most urgent first. `--json` lists all. */
const maxRows = 100;

async function showAll(session: Session, { json }: ServerContext): Promise<ExitCode> {
  if (json) {
    printJson(await openOnboardings(session));
    return exitCodes.done;
  }
  const slowdown = await findSlowdown(session);
  if (slowdown !== undefined) print(`The workers are slow: ${visible(slowdown)}`);
  for (const id of await openBatches(session)) print(`${id} is open: npm run starter -- status --batch ${id}`);
  const { rows, total } = await firstOnboardings(session, maxRows);
  if (total === 0) {
    print(`No onboarding is open for ${session.portal}.`);
    return exitCodes.done;
  }
  const hasWorker = await hasPollers(session);
  for (const line of onboardingTable(await new OutcomeCache(session).read(rows, hasWorker))) print(line);
  if (total > rows.length) print(`… and ${formatCount(total - rows.length)} more: --json lists all.`);
  print(`${countOf(total, 'onboarding')} open for ${session.portal}. Onboarded people stay open for role changes.`);
  for (const [name, link] of viewsOf(session, rows)) if (link !== null) print(`  ${name}  ${link}`);
  return exitCodes.done;
}

const maxBatchLinks = 3;

/** Lists in the Web UI that are worth saving as views. */
function viewsOf(session: Session, listed: readonly ListedOnboarding[]): [string, string | null][] {
  // A closed batch keeps its state, but nobody can act on it.
  const needsAttention = `${onboardingStateKey.name}="needs-attention" AND ${portalKey.name}="${session.portal}" AND ExecutionStatus="Running"`;
  const batches = [...new Set(listed.flatMap(({ batch }) => batch ?? []))].slice(0, maxBatchLinks);
  return [
    ['needs attention', session.webUiList(needsAttention)],
    ...batches.map((batch): [string, string | null] => [
      visible(batch),
      session.webUiList(`${batchKey.name}="${batch}"`),
    ]),
  ];
}
