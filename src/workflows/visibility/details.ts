import { roles } from '../../domain/roles.js';
import type { Outcome, RoleChangeEntry } from '../../contract/onboarding.js';
import { formatRole, formatRoleChange } from '../../contract/role-change.js';
import type { StepName, StepStatus } from '../../contract/steps.js';

const marks = {
  waiting: '·',
  running: '…',
  retrying: '…',
  done: '✓',
  skipped: '–',
  failed: '✗',
} as const;

const headlines: Record<Outcome['state'], string> = {
  running: 'At work',
  onboarded: 'Onboarded',
  'kept-higher': 'A higher role was kept',
  'needs-attention': 'Needs a person',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

/** So many of the last role changes are shown. */
const shownChanges = 5;

/** The current details of an onboarding, in Markdown for the Web UI. */
export function describeOutcome({
  state,
  email,
  portal,
  steps,
  requestedRole,
  role,
  attention,
  roleChanges,
}: Outcome): string {
  const lines = [
    `**${headlines[state]}** – ${email} at ${portal || 'no portal'} (times are UTC)`,
    '',
    ...(Object.keys(steps) as StepName[]).map((name) => lineOf(name, steps[name])),
    '',
    `Wanted role: **${requestedRole ? formatRole(requestedRole) : 'none'}**, shown by the portal: **${role ?? 'nothing yet'}**`,
  ];
  if (attention) {
    lines.push('', `**${attention.reason}**: ${attention.message}`, '', attention.hint);
  }
  if (roleChanges.length > 0)
    lines.push('', 'The last role changes:', '', ...roleChanges.slice(-shownChanges).map(lineOfChange));
  const sendable = [
    attention && '- `retry`, without data, to go on from the step that waits',
    (state === 'running' || state === 'onboarded' || attention) &&
      `- \`changeRole\` for another role, its data one of ${roles.map((each) => `\`"${each}"\``).join(', ')}`,
  ].filter(Boolean) as string[];
  if (sendable.length > 0) lines.push('', 'Signals to send:', '', ...sendable);
  return lines.join('\n');
}

function lineOf(name: StepName, { state, at, role, call, lastFailure }: StepStatus): string {
  const facts = [
    role && `the portal showed **${role}**`,
    call && `by ${call}`,
    state !== 'done' && lastFailure,
    at && timeOf(at),
  ];
  return `- ${[`${marks[state]} ${name}`, ...facts].filter(Boolean).join(' – ')}`;
}

function lineOfChange({ by, reason, at, state, message, ...change }: RoleChangeEntry): string {
  const facts = [
    message === undefined ? `**${formatRoleChange(change)}** ${state}` : plain(message),
    by && `by ${plain(by)}`,
    reason && `“${plain(reason)}”`,
    timeOf(at),
  ];
  return `- ${state === 'refused' ? 'Refused: ' : ''}${facts.filter(Boolean).join(' – ')}`;
}

/** What somebody sent is text, and no Markdown. */
function plain(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>!#]/g, String.raw`\$&`);
}

/** To the second, for people: `2026-11-25 04:02:41`. */
function timeOf(at: string): string {
  return at.slice(0, 19).replace('T', ' ');
}
