import type { ShownOutcome } from '../client/outcomes.js';
import { formatPlace } from '../contract/places.js';
import { failureIn, type MailStatus } from '../contract/steps.js';
import { localTime } from '../terminal/local-time.js';
import { color, print } from '../terminal/print.js';
import { isOnThisMachine } from '../utils/loopback.js';
import { roleChangeSentence } from './status/change-text.js';

/** The number of role changes in an outcome. `status EMAIL --history` lists all. */
const shownRoleChanges = 3;

interface ShowOptions {
  /** One sentence about what this command did. */
  note?: string | undefined;
  /** Commands to try next. */
  next?: readonly string[];
}

type Fact = [string, string | null | undefined];

/** Prints an outcome with the facts that the portal showed. */
export function showOutcome(outcome: ShownOutcome, { note, next = [] }: ShowOptions = {}): void {
  const { steps, attention, portal, userId, superseded, roleChanges, groups = [], rooms = [] } = outcome;
  const readAt = steps.updateRole.at ?? steps.get.at;
  const facts: Fact[] = [
    ['portal', portal + (isOnThisMachine(portal) ? ' (on this machine)' : '')],
    ['user id', userId],
    ['name', outcome.otherName && `${outcome.otherName} at the portal`],
    ['role', roleText(outcome)],
    ...groups.map((group): Fact => ['group', formatPlace(group)]),
    ...rooms.map((room): Fact => ['room', formatPlace(room)]),
    ['account', outcome.created ? 'created by this onboarding' : userId && 'existed before'],
    ['mail', mailTexts[outcome.mail]],
    ['confirmed', outcome.role === null || !readAt ? null : `by the portal, read back at ${localTime(readAt)}`],
    ['superseded', superseded.join(', ')],
    ...roleChanges.slice(-shownRoleChanges).map((change): Fact => ['role change', roleChangeSentence(change)]),
    ['problem', attention?.message ?? failureIn(steps)],
    ['fix', attention?.hint],
    ['workflow', outcome.workflowId],
    ['Web UI', outcome.webUi],
  ];
  const { sign, colour, text } = headlines[outcome.state];
  print(`${color(process.stdout, [colour, 'bold'], sign)} ${outcome.email} ${text}`);
  printFacts(facts);
  if (note !== undefined) print(`  ${note}`);
  if (next.length > 0) print(['', 'Next:', ...next.map((line) => `  ${line}`)].join('\n'));
}

/** Prints a line for each fact that is known. */
export function printFacts(facts: readonly (readonly [string, string | null | undefined])[]): void {
  for (const [name, value] of facts) if (value) print(`  ${name.padEnd(11)}  ${value}`);
}

function roleText({ role, requestedRole, steps }: ShownOutcome): string {
  const { from } = steps.updateRole;
  const shown = role === null ? 'not shown yet' : from && from !== role ? `${from} → ${role}` : role;
  return requestedRole ? `${shown} (requested: ${requestedRole})` : shown;
}

const mailTexts: Record<MailStatus, string | undefined> = {
  sent: 'activation mail sent',
  resent: 'activation mail requested again, because the answer to the create was lost',
  pending: 'activation mail not requested yet',
  none: undefined,
};

interface Headline {
  sign: string;
  colour: 'green' | 'yellow' | 'red' | 'cyan';
  text: string;
}

const headlines: Record<ShownOutcome['state'], Headline> = {
  onboarded: { sign: '✓', colour: 'green', text: 'is onboarded' },
  'kept-higher': { sign: '!', colour: 'yellow', text: 'keeps a higher role than requested' },
  running: { sign: '…', colour: 'cyan', text: 'is being onboarded' },
  'needs-attention': { sign: '!', colour: 'yellow', text: 'needs attention' },
  failed: { sign: '✗', colour: 'red', text: 'is not onboarded' },
  cancelled: { sign: '✗', colour: 'yellow', text: 'was cancelled; changes already made at the portal remain' },
};
