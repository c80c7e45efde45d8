import { roles } from '../../domain/roles.js';
import type { Outcome, RoleChangeEntry } from '../../contract/onboarding.js';
import { formatRole, formatRoleChange } from '../../contract/role-change.js';
import { formatPlace } from '../../contract/places.js';
import { steps as allSteps, type StepStatus } from '../../contract/steps.js';

const marks: Record<StepStatus['state'], string> = {
  waiting: '·',
  running: '…',
  retrying: '…',
  done: '✓',
  skipped: '–',
  failed: '✗',
};

const headlines: Record<Outcome['state'], string> = {
  running: 'Running',
  onboarded: 'Onboarded',
  'kept-higher': 'Kept a higher role',
  'needs-attention': 'Needs attention',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

const maxShownChanges = 5;

/** The current details of an onboarding, in Markdown for the Web UI. */
export function describeOutcome(outcome: Outcome): string {
  const { state, email, portal, steps, requestedRole, role, otherName, mail } = outcome;
  const { attention, roleChanges, groups = [], rooms = [] } = outcome;
  const requested = requestedRole ? formatRole(requestedRole) : 'none';
  const lines = [
    `**${headlines[state]}** – ${email} at ${portal || 'no portal'} (times are UTC)`,
    '',
    ...allSteps.flatMap(({ name, title }) => (steps[name] ? formatStep(title, steps[name]) : [])),
    '',
    `Requested role: **${requested}**; the portal shows: **${role ?? 'nothing yet'}**`,
  ];
  for (const place of [...groups, ...rooms]) lines.push('', `- ${escapeMarkdown(formatPlace(place))}`);
  if (otherName !== undefined) lines.push('', `Name at the portal: **${escapeMarkdown(otherName)}**`);
  if (mail !== 'none') lines.push('', `Activation mail: **${mail}**`);
  if (attention) lines.push('', `**${attention.reason}**: ${attention.message}`, '', attention.hint);
  if (roleChanges.length > 0) {
    lines.push('', 'The last role changes:', '', ...roleChanges.slice(-maxShownChanges).map(formatEntry));
  }
  const signals = signalsToSend(outcome);
  if (signals.length > 0) lines.push('', 'You can send these signals:', '', ...signals);
  return lines.join('\n');
}

function formatStep(title: string, { state, at, role, call, lastFailure }: StepStatus): string {
  const facts = [
    role && `the portal showed **${role}**`,
    call && `after ${call}`,
    state !== 'done' && lastFailure,
    at && formatTime(at),
  ];
  return `- ${[`${marks[state]} ${title}`, ...facts].filter(Boolean).join(' – ')}`;
}

function formatEntry({ by, reason, at, state, message, ...change }: RoleChangeEntry): string {
  const facts = [
    message === undefined ? `**${formatRoleChange(change)}** ${state}` : `Refused: ${escapeMarkdown(message)}`,
    by && `by ${escapeMarkdown(by)}`,
    reason && `“${escapeMarkdown(reason)}”`,
    formatTime(at),
  ];
  return `- ${facts.filter(Boolean).join(' – ')}`;
}

function signalsToSend({ state, attention }: Outcome): string[] {
  if (state === 'failed' || state === 'cancelled') return [];
  const words = roles.map((role) => `\`"${role}"\``).join(', ');
  return [
    ...(attention ? ['- `retry`, without data, to resume with the step that failed'] : []),
    `- \`changeRole\` to request another role, with one of these as its data: ${words}`,
    '- `changePlaces` to request groups and rooms: `{"join": ["5a"], "leave": [], "enter": ["Library: Read"]}`',
  ];
}

/** Keeps a sender's words from being read as Markdown. */
function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>!#]/g, String.raw`\$&`);
}

/** To the second: `2026-11-25 04:02:41`. */
function formatTime(at: string): string {
  return at.slice(0, 19).replace('T', ' ');
}
