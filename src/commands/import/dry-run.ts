import Table from 'cli-table3';
import { Portal } from '../../docspace/portal.js';
import type { PeopleFile } from '../../people/read.js';
import { exitCodes, type ExitCode } from '../../program/exit.js';
import { assertKeyIsSet } from '../../program/settings/starter-settings.js';
import { interruption } from '../../program/stop-signals.js';
import { info, print, printJson } from '../../terminal/print.js';
import { countOf, formatCount } from '../../utils/format-count.js';
import { describeRights, readKeyRights } from '../../worker/key-check.js';
import { withSession } from '../with-session.js';
import { assertSeats, planImport, printOwners, type Plan, type PlannedChange } from './plan.js';
import { checkPlaces } from './check-places.js';
import { formatPlannedPlaces } from './plan-places.js';
import { leftOutRows, type ImportRequest } from './read-import.js';

/** The most people to list on a terminal. `--json` has all of them. */
const maxListed = 50;

/** Looks everybody up at the portal, and shows what an import would do. It writes nothing. */
export async function dryRun(request: ImportRequest, file: PeopleFile): Promise<ExitCode> {
  const { origin, key = '', limits, proxy } = request.settings.portal;
  if (origin === undefined) {
    // The session knows the key of this folder's sandbox.
    return withSession({ flags: request, needsWorker: true }, ({ portal, local }) =>
      show(new Portal(portal, local?.sandboxKey ?? ''), request, file),
    );
  }
  assertKeyIsSet(request.settings.portal);
  const interrupted = interruption(() => 'A dry run writes nothing, so nothing continues.');
  return Promise.race([show(new Portal(origin, key, { limits, proxy }), request, file), interrupted]);
}

async function show(portal: Portal, request: ImportRequest, read: PeopleFile): Promise<ExitCode> {
  try {
    const { file, found } = await checkPlaces(portal, request, read);
    const plan = await planImport(portal, file.people, request, found);
    printOwners(plan, file.people);
    const leftOut = leftOutRows(file);
    if (request.json) printJson({ portal: portal.origin, ...plan, leftOut });
    else {
      printTable(plan, leftOut, portal.origin);
      await printRights(portal);
    }
    assertSeats(plan, request.maxPaid);
    return exitCodes.done;
  } finally {
    portal.close();
  }
}

function printTable({ prospects, ...totals }: Plan, leftOut: number, portal: string): void {
  const table = new Table({
    head: ['e-mail', 'would be', 'role now', 'role in file', ''],
    style: { head: [], border: [], compact: true },
  });
  const ordered = prospects.toSorted((one, other) => urgency(other) - urgency(one));
  for (const { email, does, shown, role, why, places } of ordered.slice(0, maxListed)) {
    const notes = [why, places && formatPlannedPlaces(places)].filter(Boolean).join('; ');
    table.push([email, labels[does], shown ?? '–', role, notes]);
  }
  print(table.toString());
  if (prospects.length > maxListed)
    print(`… and ${formatCount(prospects.length - maxListed)} more: --json has all of them`);
  const { accounts, adopted, keptHigher, nothingToDo, conflicts, mails, paidSeats, newGroups } = totals;
  const counts = [
    [accounts, 'to create'],
    [adopted, 'to adopt'],
    ...(keptHigher > 0 ? ([[keptHigher, 'keeping a higher role']] as const) : []),
    [nothingToDo, 'with nothing to do'],
    [conflicts, 'in conflict'],
  ] as const;
  print(`${counts.map(([count, label]) => `${formatCount(count)} ${label}`).join(' · ')}, at ${portal}`);
  print(`${countOf(mails, 'activation mail')} · ${countOf(paidSeats, 'paid seat')}`);
  for (const name of newGroups) print(`creates the group ${name}`);
  if (leftOut > 0) print(`${countOf(leftOut, 'row')} of the file left out`);
  print('Nothing was written.');
}

/** Shows the rights of the key: an account is created even if the key may not give it its role. */
async function printRights(portal: Portal): Promise<void> {
  // The look-ups have shown that the portal accepts the key. If it does not answer here, the plan is still right.
  const rights = await readKeyRights(portal, AbortSignal.timeout(portal.timeoutMs)).catch(() => undefined);
  if (rights) info(`Note: ${describeRights(rights).message}.`);
}

/** People who need attention come first. */
function urgency({ does }: PlannedChange): number {
  return does === 'conflict' ? 2 : does === 'keep-higher' ? 1 : 0;
}

const labels: Record<PlannedChange['does'], string> = {
  create: 'created',
  adopt: 'adopted',
  'keep-higher': 'kept higher',
  conflict: 'in conflict',
  'nothing to do': 'left as is',
};
