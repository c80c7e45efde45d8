import { setTimeout as delay } from 'node:timers/promises';
import { exitCodes, type ExitCode } from '../../program/exit.js';
import { portalKey } from '../../contract/search-attributes.js';
import { LiveTable } from './live-table.js';
import {
  closedOnboardings,
  firstOnboardings,
  toListItem,
  openOnboardings,
  type ListedOnboarding,
} from '../../client/list-onboardings.js';
import { describeOnboarding, otherPortal, onboardingHandle } from '../../client/outcomes.js';
import { isOutputLost, printJson } from '../../terminal/print.js';
import { canRedraw } from '../can-redraw.js';
import type { ServerOptions } from '../command.js';
import type { Session } from '../../client/session.js';

const pollIntervalMs = 1_000;

/** Visibility may list a closed run late, so each query reaches back a little further. */
const overlapMs = 5_000;

/** Shows the open onboardings as they change: a live table on a terminal, otherwise a line of JSON per change. */
export async function watchAll(session: Session, { json }: ServerOptions): Promise<ExitCode> {
  const table = isLive(json) ? new LiveTable(session) : undefined;
  const lines = new ChangeLines();
  const startedAt = Date.now();
  for (let since = startedAt; !isOutputLost(); await pause(session)) {
    const now = Date.now();
    if (table) {
      const { rows, total } = await firstOnboardings(session, table.maxRows);
      await table.show(rows, total);
    } else {
      const open = await openOnboardings(session);
      // In this order, no run can close between the two queries without being seen.
      const closed = await closedOnboardings(session, new Date(since));
      lines.print([...open, ...closed]);
      since = Math.max(startedAt, now - overlapMs);
    }
  }
  return exitCodes.done; // nobody reads the output any more
}

/**
 * Shows one onboarding as it changes, until it has closed.
 *
 * @returns whether its end was printed; on a terminal the outcome still has to be shown
 */
export async function watchOne(session: Session, email: string, { json }: ServerOptions): Promise<boolean> {
  const table = isLive(json) ? new LiveTable(session) : undefined;
  const lines = new ChangeLines();
  for (; !isOutputLost(); await pause(session)) {
    const now = await readListItem(session, email);
    if (!table) lines.print([now]);
    else if (now.open) await table.show([now], 1);
    if (!now.open) return !table;
  }
  return true; // nobody reads the output any more
}

function isLive(json: boolean | undefined): boolean {
  return canRedraw(process.stdout) && !json;
}

async function pause({ interrupted }: Session): Promise<void> {
  await Promise.race([delay(pollIntervalMs), interrupted]);
}

/** Prints a line for each run that has changed since it was last printed. */
class ChangeLines {
  private printed = new Map<string, string>();

  print(found: readonly ListedOnboarding[]): void {
    const printed = new Map<string, string>();
    for (const [runId, row] of new Map(found.map((each) => [each.runId, each]))) {
      const { state, reason, open } = row;
      printed.set(runId, [state, reason, open].join());
      if (this.printed.get(runId) !== printed.get(runId)) printJson(row);
    }
    this.printed = printed;
  }
}

async function readListItem(session: Session, email: string): Promise<ListedOnboarding> {
  const handle = onboardingHandle(session, email);
  const run = await describeOnboarding(session, handle);
  const portal = run.typedSearchAttributes.get(portalKey) ?? session.portal;
  if (portal !== session.portal) throw otherPortal(session, handle.workflowId, portal);
  return toListItem(session, run);
}
