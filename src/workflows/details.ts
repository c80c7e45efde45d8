import type { Outcome, StepName } from './messages.js';

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
    `| | step | the portal showed | at |`,
    `|---|---|---|---|`,
    ...(Object.keys(steps) as StepName[]).map((name) => {
      const { state, role, by, at, lastFailure } = steps[name];
      const shown = [role, by, state === 'failed' ? lastFailure : undefined].filter(Boolean).join(', ');
      return `| ${marks[state]} | ${name} | ${shown || '–'} | ${at ?? '–'} |`;
    }),
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
