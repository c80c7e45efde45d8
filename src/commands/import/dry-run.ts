import Table from 'cli-table3';
import { isMarkedBy } from '../../domain/ownership-marker.js';
import { WorkflowIds } from '../../codec/workflow-ids.js';
import { PortalError } from '../../docspace/errors.js';
import { Portal } from '../../docspace/portal.js';
import type { Profile } from '../../docspace/profile.js';
import { isAbove, isPaid, parseRole, type ShownRole } from '../../domain/roles.js';
import { Exit, exitCodes, type ExitCode } from '../../program/exit.js';
import type { Person } from '../../people/person.js';
import type { PeopleFile } from '../../people/read.js';
import { assertKeyIsSet } from '../../program/settings/starter-settings.js';
import type { BatchOptions } from '../../contract/batch.js';
import { forEachConcurrently } from '../../utils/for-each-concurrently.js';
import { guardPaid } from './plan.js';
import { leftOutRows, type ImportRequest } from './read-import.js';
import { print, printJson } from '../../terminal/print.js';
import { withSession } from '../with-session.js';
import { formatCount } from '../../utils/format-count.js';
import { classify } from '../../docspace/verdict.js';

/** What would become of a person. */
interface Prospect {
  email: string;
  does: 'create' | 'adopt' | 'conflict' | 'nothing to do';
  /** What the portal shows now; `null` where there is no account. */
  shown: ShownRole | null;
  role: string;
  why?: string;
}

/** So many people are looked up at once: a portal takes 50 reads of one account. */
const askedAtOnce = 20;

/** So many people are listed on a terminal; `--json` has them all. */
const listed = 50;

/** Looks everybody up at the portal, and says what an import would do. Nothing is written. */
export async function dryRun(request: ImportRequest, file: PeopleFile): Promise<ExitCode> {
  const { origin, key = '', limits, proxy } = request.settings.portal;
  if (origin === undefined) {
    // The sandbox of this folder: whoever brings it knows its key.
    return withSession({ flags: request, needsWorker: true }, ({ portal, local }) =>
      look(new Portal(portal, local?.sandboxKey ?? ''), request, file),
    );
  }
  assertKeyIsSet(request.settings.portal);
  return look(new Portal(origin, key, { limits, proxy }), request, file);
}

async function look(
  portal: Portal,
  { options, maxPaid, json, settings }: ImportRequest,
  file: PeopleFile,
): Promise<ExitCode> {
  const prospects: Prospect[] = [];
  const workflowIds = new WorkflowIds(settings.codec);
  try {
    await forEachConcurrently(askedAtOnce, file.people, async (person, index) => {
      prospects[index] = prospectOf(
        person,
        await portal.findByEmail(person.email),
        options,
        workflowIds.workflowIdFor(person.email),
      );
    });
  } catch (error) {
    throw asExit(error, portal.origin);
  } finally {
    portal.close();
  }
  const totals = { ...totalsOf(prospects, options), leftOut: leftOutRows(file) };
  if (json) printJson({ portal: portal.origin, ...totals, prospects });
  else show(prospects, totals, portal.origin);
  guardPaid(totals.paidSeats, maxPaid);
  return exitCodes.done;
}

/** What the steps would do with what the portal shows, by the same rules. */
function prospectOf(
  person: Person,
  account: Profile | undefined,
  { existing }: BatchOptions,
  workflowId: string,
): Prospect {
  const { email, role } = person;
  const wanted = parseRole(role);
  if (!account || !wanted) return { email, role, shown: null, does: 'create' };
  const known = { email, role, shown: account.role };
  const conflict = (why: string): Prospect => ({ ...known, does: 'conflict', why });
  if (account.email !== email) return conflict('the portal answers with the account of another e-mail');
  if (account.state !== 'active') return conflict(`the account is ${account.state}`);
  if (account.role === wanted) return { ...known, does: 'nothing to do' };
  if (account.role === 'Owner') return conflict('this is the owner of the portal, who is never changed');
  const isOurs = isMarkedBy(account.notes, workflowId);
  if (!isOurs && existing !== 'adopt')
    return conflict('an account with this e-mail exists already; see --existing adopt');
  if (!isOurs && isAbove(account.role, wanted)) return conflict('the role of an account that was there is not lowered');
  return { ...known, does: 'adopt' };
}

interface Totals {
  people: number;
  accounts: number;
  adopted: number;
  conflicts: number;
  nothingToDo: number;
  mails: number;
  paidSeats: number;
}

function totalsOf(prospects: readonly Prospect[], { mail }: BatchOptions): Totals {
  const of = (does: Prospect['does']): Prospect[] => prospects.filter((each) => each.does === does);
  const creates = of('create');
  const isPaidRole = ({ role }: Prospect): boolean => isPaid(parseRole(role) ?? 'User');
  const becomePaid = of('adopt').filter((each) => isPaidRole(each) && !isPaid(each.shown ?? 'User'));
  return {
    people: prospects.length,
    accounts: creates.length,
    adopted: of('adopt').length,
    conflicts: of('conflict').length,
    nothingToDo: of('nothing to do').length,
    mails: mail ? creates.filter(({ role }) => parseRole(role) !== 'Guest').length : 0,
    paidSeats: creates.filter(isPaidRole).length + becomePaid.length,
  };
}

function show(prospects: readonly Prospect[], totals: Totals & { leftOut: number }, portal: string): void {
  const table = new Table({
    head: ['e-mail', 'would be', 'role now', 'role wanted', ''],
    style: { head: [], border: [], compact: true },
  });
  // Whoever needs a look comes first.
  const ordered = prospects.toSorted((a, b) => Number(b.does === 'conflict') - Number(a.does === 'conflict'));
  for (const { email, does, shown, role, why = '' } of ordered.slice(0, listed)) {
    table.push([email, wordsOf[does], shown ?? '–', role, why]);
  }
  print(table.toString());
  if (prospects.length > listed) print(`… and ${formatCount(prospects.length - listed)} more: --json has them all`);
  const { accounts, adopted, nothingToDo, conflicts, mails, paidSeats, leftOut } = totals;
  print(
    `${formatCount(accounts)} to create · ${formatCount(adopted)} to adopt · ${formatCount(nothingToDo)} with nothing to do · ${formatCount(conflicts)} in conflict, at ${portal}`,
  );
  print(`${formatCount(mails)} activation mails · ${formatCount(paidSeats)} paid seats`);
  if (leftOut > 0) print(`${formatCount(leftOut)} rows of the file left out`);
  print('Nothing was written.');
}

const wordsOf: Record<Prospect['does'], string> = {
  create: 'created',
  adopt: 'adopted',
  conflict: 'in conflict',
  'nothing to do': 'left as it is',
};

function asExit(error: unknown, origin: string): unknown {
  if (!(error instanceof PortalError)) return error;
  const verdict = classify(error.facts, origin);
  const hint = verdict.kind === 'needs attention' ? verdict.hint : 'Look whether the portal is up, and try again.';
  return new Exit(exitCodes.unreachable, `${origin}: ${verdict.message}; nothing was started`, hint);
}
