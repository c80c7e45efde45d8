import { WorkflowNotFoundError } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import { portalKey } from '../../contract/search-attributes.js';
import { LiveTable } from './live-table.js';
import {
  closedOnboardings,
  firstOnboardings,
  toListItem,
  openOnboardings,
  type ListedOnboarding,
} from '../../client/list-onboardings.js';
import { otherPortal, unknownOnboarding } from '../../client/outcomes.js';
import { printJson } from '../../terminal/print.js';
import { onboardingHandle } from '../../client/start-onboarding.js';
import type { ServerOptions } from '../command.js';
import type { Session } from '../../client/session.js';

/** Milliseconds between two looks at the server. */
const interval = 1_000;

/** Milliseconds by which two looks at what has closed overlap: a list may be late. */
const overlap = 5_000;

/** Shows the open onboardings as they change: a live table on a terminal, otherwise a line of JSON for each change. */
export async function watchAll(session: Session, { json }: ServerOptions): Promise<never> {
  const table = isLive(json) ? new LiveTable(session) : undefined;
  const lines = new ChangeLines();
  const began = Date.now();
  for (let since = began; ; await pause(session)) {
    const now = Date.now();
    if (table) {
      const { rows, total } = await firstOnboardings(session, table.room);
      await table.show(rows, total);
    } else {
      const open = await openOnboardings(session);
      // Asked last, so that none closes unseen between the two.
      const closed = await closedOnboardings(session, new Date(since));
      lines.tell([...open, ...closed]);
      since = Math.max(began, now - overlap);
    }
  }
}

/**
 * Shows one onboarding as it changes, until it has closed.
 *
 * @returns whether its end has been told: on a terminal the outcome is still to be shown
 */
export async function watchOne(session: Session, email: string, { json }: ServerOptions): Promise<boolean> {
  const table = isLive(json) ? new LiveTable(session) : undefined;
  const lines = new ChangeLines();
  for (; ; await pause(session)) {
    const now = await lookAt(session, email);
    if (!table) lines.tell([now]);
    else if (now.open) await table.show([now], 1);
    if (!now.open) return !table;
  }
}

function isLive(json: boolean | undefined): boolean {
  return process.stdout.isTTY && !json;
}

/** Ctrl-C ends it: the work goes on at its server. */
async function pause({ interrupted }: Session): Promise<void> {
  await Promise.race([delay(interval), interrupted]);
}

/** A line for each run that is not as it was told before. */
class ChangeLines {
  private told = new Map<string, string>();

  tell(found: readonly ListedOnboarding[]): void {
    const told = new Map<string, string>();
    for (const [runId, row] of new Map(found.map((each) => [each.runId, each]))) {
      const { state, reason, open } = row;
      told.set(runId, [state, reason, open].join());
      if (this.told.get(runId) !== told.get(runId)) printJson(row);
    }
    this.told = told;
  }
}

async function lookAt(session: Session, email: string): Promise<ListedOnboarding> {
  const handle = onboardingHandle(session, email);
  const run = await handle.describe().catch((error: unknown) => {
    throw error instanceof WorkflowNotFoundError ? unknownOnboarding(session, handle.workflowId) : error;
  });
  const portal = run.typedSearchAttributes.get(portalKey) ?? session.portal;
  if (portal !== session.portal) throw otherPortal(session, handle.workflowId, portal);
  return toListItem(session, run);
}
