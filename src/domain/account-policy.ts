import { isAbove, type Role, type ShownRole } from './roles.js';

/** What the rules below need to know about an account. */
interface Account {
  email: string;
  role: ShownRole;
  state: 'active' | 'disabled' | 'invited';
}

interface Request {
  email: string;
  role: Role;
  /** Whether this onboarding created the account. */
  isOurs: boolean;
  existing: 'fail' | 'adopt';
  /** Whether a role above the requested one may be lowered. */
  allowDemotion: boolean;
}

/** `keep` also keeps a role above the requested one. */
export type AccountUse =
  | { use: 'keep' | 'change' }
  | { use: 'refuse'; problem: 'conflict' | 'owner' | 'exists'; message: string; hint: string };

/** Decides whose account this is, and what may be done with it. Nothing else decides this. */
export function decideAccountUse({ email, role, state }: Account, request: Request): AccountUse {
  if (email !== request.email) {
    return {
      use: 'refuse',
      problem: 'conflict',
      message: 'the portal shows an account with another e-mail',
      hint: 'Check the portal for an e-mail that differs only in accents or was changed. Correct it there, then retry.',
    };
  }
  if (state !== 'active') {
    return {
      use: 'refuse',
      problem: 'conflict',
      message: `the account with this e-mail is ${state}`,
      hint: 'Enable or delete it in the portal, then retry. This program never enables an account.',
    };
  }
  if (!request.isOurs && request.existing === 'fail' && role !== request.role) {
    return {
      use: 'refuse',
      problem: 'exists',
      message: `an account with this e-mail already exists as ${role}, and this onboarding did not create it`,
      hint: 'Use --existing adopt to continue with it.',
    };
  }
  if (role === 'Owner') {
    return {
      use: 'refuse',
      problem: 'owner',
      message: 'this is the owner of the portal, whose role nobody can change',
      hint: 'Cancel this change.',
    };
  }
  if (role === request.role || (isAbove(role, request.role) && !request.allowDemotion)) return { use: 'keep' };
  return { use: 'change' };
}
