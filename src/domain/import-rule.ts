import { decideAccountUse } from './account-policy.js';
import { compareNames, fullName, type PersonName } from './person-name.js';
import { isAbove, type Role, type ShownRole } from './roles.js';

interface Person extends PersonName {
  email: string;
  role: Role;
}

/** An account that has the person's e-mail. */
interface Account extends PersonName {
  role: ShownRole;
  /** Absent if the account is active. */
  state?: 'active' | 'disabled' | 'invited' | undefined;
  isOurs?: boolean | undefined;
}

interface Options {
  existing: 'fail' | 'adopt';
  allowDemotion?: boolean;
}

type ImportDecision =
  | { action: 'create' | 'nothing' | 'raise' | 'lower' }
  | { action: 'keep-higher' | 'conflict'; message: string; hint: string };

/** What an import does with a person, depending on what the portal shows. The plan and the run follow this one rule. */
export function decideImport(person: Person, account: Account | undefined, options: Options): ImportDecision {
  if (!account) return { action: 'create' };
  const { existing, allowDemotion = false } = options;
  const shown = { email: person.email, role: account.role, state: account.state ?? ('active' as const) };
  const request = { email: person.email, role: person.role, isOurs: account.isOurs === true, existing, allowDemotion };
  if (shown.state === 'active' && compareNames(person, account) === 'conflict') {
    return {
      action: 'conflict',
      message: `the account with this e-mail belongs to ${fullName(account)}`,
      hint: 'Compare the e-mail in the file with the portal. If it is the same person, correct the name, then retry.',
    };
  }
  const decision = decideAccountUse(shown, request);
  if (decision.use === 'refuse') return { action: 'conflict', message: decision.message, hint: decision.hint };
  if (account.role === person.role) return { action: 'nothing' };
  const isHigher = isAbove(account.role, person.role);
  if (decision.use === 'change') return { action: isHigher ? 'lower' : 'raise' };
  const message = `keeps ${account.role}, although the file requests ${person.role}; --allow-demotion would lower it`;
  return { action: 'keep-higher', message, hint: 'Use --keep-higher to accept it.' };
}
