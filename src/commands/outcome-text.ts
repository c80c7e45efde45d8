import type { ShownOutcome } from '../client/outcomes.js';
import { color, print } from '../terminal/print.js';
import { sentenceOf } from './status/role-change-table.js';
import { isOnThisMachine } from '../utils/loopback.js';

/** So many of the last role changes are shown; `status EMAIL --history` has them all. */
const shownChanges = 3;

/** What an outcome says to a person, with the facts read back from the portal and who says so. */
export function showOutcome(outcome: ShownOutcome, { next = [] }: { next?: readonly string[] } = {}): void {
  const { steps, attention } = outcome;
  const lastRead = steps.updateRole.at ?? steps.get.at;
  const before = steps.updateRole.from;
  const role =
    outcome.role === null
      ? 'not shown yet'
      : before && before !== outcome.role
        ? `${before} → ${outcome.role}`
        : outcome.role;
  const facts: [string, string | null | undefined][] = [
    ['portal', outcome.portal + (isOnThisMachine(outcome.portal) ? ' (on this machine)' : '')],
    ['user id', outcome.userId],
    ['role', `${role}${outcome.requestedRole ? ` (asked for: ${outcome.requestedRole})` : ''}`],
    ['account', outcome.created ? 'made by this onboarding' : outcome.userId && 'was there before'],
    [
      'who says so',
      outcome.role === null || !lastRead ? null : `the portal itself: GET /people/{id}, read back at ${lastRead}`,
    ],
    ['overtaken', outcome.superseded.join(', ')],
    ...outcome.roleChanges.slice(-shownChanges).map((change): [string, string] => ['role change', sentenceOf(change)]),
    ['why', attention?.message ?? failureIn(outcome)],
    ['what to do', attention?.hint],
    ['workflow', outcome.workflowId],
    ['Web UI', outcome.webUi],
  ];
  print(headline(outcome));
  for (const [name, value] of facts) if (value) print(`  ${name.padEnd(11)}  ${value}`);
  if (next.length > 0) print(['', 'Next:', ...next.map((line) => `  ${line}`)].join('\n'));
}

const headlines: Record<
  ShownOutcome['state'],
  { sign: string; colour: 'green' | 'yellow' | 'red' | 'cyan'; words: string }
> = {
  onboarded: { sign: '✓', colour: 'green', words: 'is onboarded' },
  'kept-higher': { sign: '!', colour: 'yellow', words: 'has a higher role, which was kept' },
  running: { sign: '…', colour: 'cyan', words: 'is being onboarded' },
  'needs-attention': { sign: '!', colour: 'yellow', words: 'needs attention' },
  failed: { sign: '✗', colour: 'red', words: 'is not onboarded' },
  cancelled: { sign: '✗', colour: 'yellow', words: 'was cancelled; what the portal has stays' },
};

function headline({ email, state }: ShownOutcome): string {
  const { sign, colour, words } = headlines[state];
  return `${color(process.stdout, [colour, 'bold'], sign)} ${email} ${words}`;
}

function failureIn({ steps }: ShownOutcome): string | undefined {
  return Object.values(steps).find(({ state }) => state === 'failed')?.lastFailure;
}
