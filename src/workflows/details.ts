import type { Outcome, RoleChangeEntry, StepName, StepStatus } from './messages.js';

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
  changes,
}: Outcome): string {
  const lines = [
    `**${headlines[state]}** – ${email} at ${portal || 'no portal'}`,
    '',
    ...(Object.keys(steps) as StepName[]).map((name) => lineOf(name, steps[name])),
    '',
    `Wanted role: **${requestedRole ?? 'none'}**, shown by the portal: **${role ?? 'nothing yet'}**`,
  ];
  if (attention) {
    lines.push('', `**${attention.reason}**: ${attention.message}`, '', attention.hint);
  }
  if (changes.length > 0) lines.push('', 'Role changes:', '', ...changes.slice(-shownChanges).map(lineOfChange));
  const sendable = [
    attention && '`retry` to go on from the step that waits',
    (state === 'running' || state === 'onboarded' || attention) && '`changeRole` with a role name for another role',
  ].filter(Boolean);
  if (sendable.length > 0) lines.push('', `To send: ${sendable.join('; ')}`);
  return lines.join('\n');
}

function lineOf(name: StepName, { state, at, role, by, lastFailure }: StepStatus): string {
  const facts = [
    role && `the portal showed **${role}**`,
    by && `by ${by}`,
    state !== 'done' && lastFailure,
    at?.slice(11, 19),
  ];
  return `- ${[`${marks[state]} ${name}`, ...facts].filter(Boolean).join(' – ')}`;
}

function lineOfChange({ role, by, reason, at, state, message }: RoleChangeEntry): string {
  const facts = [message ?? `**${role}** ${state}`, by && `by ${by}`, reason && `“${reason}”`, at.slice(11, 19)];
  return `- ${state === 'refused' ? 'Refused: ' : ''}${facts.filter(Boolean).join(' – ')}`;
}
