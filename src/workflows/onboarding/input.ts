import type { Duration } from '@temporalio/common';
import { parseRole, unknownRole } from '../../domain/roles.js';
import { emailProblem, normalizeEmail } from '../../domain/email.js';
import { firstNameProblem, lastNameProblem } from '../../domain/person-rules.js';
import { parseDuration } from '../../utils/duration.js';
import type { OnboardingInput, OnboardingState } from '../../contract/onboarding.js';

/** An {@link OnboardingInput} whose every member is what its type says. */
export interface CheckedInput {
  email: string;
  portal: string;
  firstName: string;
  lastName: string;
  role: string;
  existing: 'fail' | 'adopt';
  mail: boolean;
  /** Milliseconds; 0 where no change is waited for. */
  roleWindow: number;
  roleOnly: boolean;
  /** Milliseconds. */
  giveUpAfter: number;
  allowDemotion: boolean;
  lookUpBeforeCreate: boolean;
  continued?: OnboardingState;
}

/** Characters: a host name has 253 at most. */
const originLimit = 300;

const defaultRoleWindow: Duration = '7d';
const defaultGiveUpAfter: Duration = '24h';

/**
 * Reads what a run was started with. Anybody can start one by hand, from the Temporal CLI or the Web UI, so nothing of it
 * is believed: a problem ends the run with a sentence, where a TypeError would leave it stuck.
 */
export function readInput(given: OnboardingInput | undefined): { input: CheckedInput; problems: string[] } {
  const raw: Partial<Record<keyof OnboardingInput, unknown>> = typeof given === 'object' && given !== null ? given : {};
  const roleOnly = raw.roleOnly === true;
  const roleWindow = roleOnly ? 0 : parseDuration(raw.roleWindow ?? defaultRoleWindow);
  const giveUpAfter = parseDuration(raw.giveUpAfter ?? defaultGiveUpAfter);

  const input: CheckedInput = {
    email: normalizeEmail(text(raw.email)),
    portal: text(raw.portal).slice(0, originLimit + 1),
    firstName: text(raw.firstName),
    lastName: text(raw.lastName),
    role: text(raw.role),
    existing: raw.existing === 'adopt' ? 'adopt' : 'fail',
    mail: raw.mail !== false,
    roleWindow: roleWindow ?? 0,
    roleOnly,
    giveUpAfter: giveUpAfter ?? 0,
    allowDemotion: raw.allowDemotion === true,
    lookUpBeforeCreate: raw.lookUpBeforeCreate === true,
    ...(given?.continued && { continued: given.continued }),
  };

  const problems = [
    typeof given === 'string' ? `what this was started with cannot be read: ${given as string}` : undefined,
    emailProblem(text(raw.email)),
    input.portal === '' ? 'portal is missing: the origin of the portal, as in https://portal.example.com' : undefined,
    input.portal.length > originLimit ? 'portal is longer than the origin of a portal can be' : undefined,
    roleWindow === undefined ? 'roleWindow is not a duration such as 7d' : undefined,
    giveUpAfter ? undefined : 'giveUpAfter is not a duration such as 24h',
    ...(roleOnly
      ? []
      : [
          firstNameProblem(input.firstName),
          lastNameProblem(input.lastName),
          parseRole(input.role) ? undefined : unknownRole(input.role),
        ]),
  ].filter((problem) => problem !== undefined);

  return { input, problems };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}
