import type { Duration } from '@temporalio/common';
import { emailProblem, normalizeEmail } from '../../domain/email.js';
import { groupsProblem, roomProblem } from '../../domain/place-names.js';
import { firstNameProblem, lastNameProblem } from '../../domain/person-rules.js';
import { parseRole, unknownRole } from '../../domain/roles.js';
import { parseDuration } from '../../utils/duration.js';
import { isWorkflowId } from '../../contract/checks.js';
import { parsePlaceList } from '../../contract/places.js';
import type { OnboardingInput, OnboardingState } from '../../contract/onboarding.js';
import { stateProblem } from './state-problem.js';

type OptionalMember = 'chunk' | 'continued';

/** An {@link OnboardingInput} that has been checked, with all defaults. */
export interface CheckedInput
  extends Required<Omit<OnboardingInput, OptionalMember>>, Pick<OnboardingInput, OptionalMember> {
  /** Milliseconds; 0 accepts no role changes. */
  roleWindow: number;
  /** Milliseconds. */
  giveUpAfter: number;
}

const maxOriginLength = 300;

const defaultRoleWindow: Duration = '7d';
const defaultGiveUpAfter: Duration = '24h';

/** Checks an input, which can be anything. A problem fails the run with a sentence; a TypeError would block it. */
export function readInput(rawInput: OnboardingInput | undefined): { input: CheckedInput; problems: string[] } {
  const problems: string[] = [];
  const raw: Partial<Record<keyof OnboardingInput, unknown>> =
    typeof rawInput === 'object' && rawInput !== null ? rawInput : {};
  if (typeof rawInput === 'string')
    problems.push(`the input cannot be read: ${(rawInput as string).slice(0, maxOriginLength)}`);

  const text = (name: keyof OnboardingInput): string => {
    const value = raw[name] ?? '';
    if (typeof value === 'string') return value.trim().normalize('NFC');
    problems.push(`${name} is not a text`);
    return '';
  };
  const flag = (name: keyof OnboardingInput, fallback: boolean): boolean => {
    const value = raw[name] ?? fallback;
    if (typeof value === 'boolean') return value;
    problems.push(`${name} is neither true nor false`);
    return fallback;
  };
  const duration = (name: keyof OnboardingInput, fallback: Duration): number => {
    const value = parseDuration(raw[name] ?? fallback);
    if (value === undefined) problems.push(`${name} is not a duration such as ${fallback}`);
    return value ?? 0;
  };

  const list = (name: keyof OnboardingInput): string[] => {
    const value = parsePlaceList(raw[name] ?? []);
    if (value === undefined) problems.push(`${name} is not a list of texts`);
    return value ?? [];
  };

  const email = text('email');
  const input: CheckedInput = {
    email: normalizeEmail(email),
    portal: originOf(text('portal')),
    firstName: text('firstName'),
    lastName: text('lastName'),
    role: text('role'),
    existing: raw.existing === 'adopt' ? 'adopt' : 'fail',
    mail: flag('mail', true),
    roleWindow: duration('roleWindow', defaultRoleWindow),
    roleOnly: flag('roleOnly', false),
    giveUpAfter: duration('giveUpAfter', defaultGiveUpAfter),
    allowDemotion: flag('allowDemotion', false),
    lookUpBeforeCreate: flag('lookUpBeforeCreate', true),
    groups: list('groups'),
    rooms: list('rooms'),
    exactGroups: flag('exactGroups', false),
    createGroups: flag('createGroups', false),
  };
  if (input.roleOnly) input.roleWindow = 0;
  if (isWorkflowId(raw.chunk)) input.chunk = raw.chunk as string;

  const found = [
    emailProblem(email),
    portalProblem(input.portal),
    ['fail', 'adopt', undefined].includes(raw.existing as string) ? undefined : 'existing is neither fail nor adopt',
    input.giveUpAfter === 0 ? 'giveUpAfter leaves no time for a step' : undefined,
    ...(input.roleOnly ? [] : [firstNameProblem(input.firstName), lastNameProblem(input.lastName)]),
    ...(input.roleOnly || parseRole(input.role) ? [] : [unknownRole(input.role)]),
    groupsProblem(input.groups, input.role),
    ...input.rooms.map(roomProblem),
    raw.chunk === undefined || isWorkflowId(raw.chunk) ? undefined : 'chunk is not a workflow id',
    raw.continued === undefined ? undefined : stateProblem(raw.continued),
  ].filter((problem) => problem !== undefined);
  problems.push(...found);
  if (raw.continued !== undefined && problems.length === 0) input.continued = raw.continued as OnboardingState;
  return { input, problems };
}

/** The canonical origin: lower case, without a trailing slash. Anything else is returned unchanged. */
function originOf(portal: string): string {
  if (portal.length > maxOriginLength || !URL.canParse(portal)) return portal.slice(0, maxOriginLength + 1);
  const { origin, href } = new URL(portal);
  return href === `${origin}/` ? origin : portal;
}

function portalProblem(portal: string): string | undefined {
  const example = 'https://portal.example.com';
  if (portal === '') return `portal is missing: the origin of the portal, such as ${example}`;
  if (portal.length > maxOriginLength) return 'portal is longer than the origin of a portal can be';
  const isOrigin = URL.canParse(portal) && new URL(portal).origin === portal && /^https?:/.test(portal);
  return isOrigin ? undefined : `portal is not an origin such as ${example}: ${portal}`;
}
