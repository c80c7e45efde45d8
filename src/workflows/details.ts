import type { Outcome, StepName, StepStatus } from './messages.js';

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

/** The current details of an onboarding, in Markdown for the Web UI. */
export function describeOutcome(outcome: Outcome, refused: string | null): string {
  const { attention, steps } = outcome;
  const lines = [
    `**${headlines[outcome.state]}** – ${outcome.email} at ${outcome.portal || 'no portal'}`,
    '',
    ...(Object.keys(steps) as StepName[]).map((name) => lineOf(name, steps[name])),
    '',
    `Wanted role: **${outcome.requestedRole ?? 'none'}**, shown by the portal: **${outcome.role ?? 'nothing yet'}**`,
  ];
  if (attention) {
    lines.push('', `**${attention.reason}**: ${attention.message}`, '', attention.hint, '', 'Send `retry` to go on.');
  }
  if (outcome.superseded.length > 0) lines.push('', `Overtaken: ${outcome.superseded.join(', ')}`);
  if (refused !== null) lines.push('', `Refused: ${refused}`);
  if (outcome.state === 'onboarded') lines.push('', 'Send `changeRole` with a role name to change the role.');
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
