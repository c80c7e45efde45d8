import { normalizeEmail } from '../domain/email.js';
import { unicodeSpelling } from './email-spellings.js';
import { PortalError } from './errors.js';
import type { Profile } from './profile.js';

/** Separates the e-mails of one request. */
const separator = '|';

const needsOwnLookup = (email: string): boolean => email.includes(separator) || unicodeSpelling(email) !== undefined;

/** A portal answers at most 100 rows, and each e-mail may match more than one. */
const maxEmailsPerRequest = 100;

/** A request line of more than 8,192 bytes gets a 414. The method and the address take the rest. */
const maxQueryBytes = 7_680;

/** One page of `GET /people/filter`. */
export interface FilterPage {
  profiles: Profile[];
  /** Whether `profiles` holds every match: there is no further page, and every row could be read. */
  isComplete: boolean;
}

/** The calls of a portal that a look-up by e-mail needs. */
interface LookupCalls {
  filter: (query: Record<string, string>, signal?: AbortSignal) => Promise<FilterPage>;
  findByEmail: (email: string, signal?: AbortSignal) => Promise<Profile | undefined>;
}

/**
 * Finds many accounts by e-mail with few calls. `GET /people/filter` matches any name or e-mail that *contains* a
 * value, so each result is compared by its whole e-mail. With a RoomAdmin's key the list hides accounts, so "not
 * found" does not prove that a create may be sent again. `GET /people/email` proves it.
 */
export class EmailLookup {
  /** Portals before 2.6 ignore `filterSeparator`. `undefined` until a grouped look-up has found someone. */
  private knowsSeparator: boolean | undefined;
  private probe: Promise<boolean | undefined> | undefined;

  constructor(private readonly calls: LookupCalls) {}

  /** @returns the accounts that exist, by normalized e-mail */
  async find(emails: readonly string[], signal?: AbortSignal): Promise<Map<string, Profile>> {
    const found = new Map<string, Profile>();
    const normalized = [...new Set(emails.map(normalizeEmail))].filter((email) => email !== '');
    const single = normalized.filter(needsOwnLookup);
    for (const group of groupsOf(normalized.filter((email) => !needsOwnLookup(email)))) {
      single.push(...(await this.findGroup(group, found, signal)));
    }
    await Promise.all(
      single.map(async (email) => {
        const profile = await this.calls.findByEmail(email, signal);
        // A portal that ignores accents may answer with somebody else.
        if (profile?.email === email) found.set(email, profile);
      }),
    );
    return found;
  }

  /** @returns the e-mails that this request could not decide */
  private async findGroup(
    emails: string[],
    found: Map<string, Profile>,
    signal: AbortSignal | undefined,
  ): Promise<string[]> {
    if (emails.length <= 1 || this.knowsSeparator === false) return emails;
    const page = await this.calls.filter(queryFor(emails), signal).catch(undefinedIfTooLong);
    if (!page) return emails;
    const { profiles, isComplete } = page;
    if (profiles.length > 0) this.knowsSeparator = true;
    this.knowsSeparator ??= await this.learnSeparator(signal);
    if (!this.knowsSeparator) return emails;
    const open: string[] = [];
    for (const email of emails) {
      const [profile, ...others] = profiles.filter((each) => each.email === email);
      if (others.length > 0 || (!profile && !isComplete)) open.push(email);
      else if (profile) found.set(email, profile);
    }
    return open;
  }

  /** Look-ups at the same time share one probe. If it finds nothing out, each of them sends its own. */
  private async learnSeparator(signal: AbortSignal | undefined): Promise<boolean | undefined> {
    const learned = await this.probe?.catch(() => undefined);
    if (learned !== undefined) return learned;
    this.probe = this.probeSeparator(signal);
    return this.probe;
  }

  /** Looks up a person who exists, together with an e-mail that nobody has. */
  private async probeSeparator(signal: AbortSignal | undefined): Promise<boolean | undefined> {
    const { profiles } = await this.calls.filter({ count: '2' }, signal);
    const known = profiles.find(({ email }) => !needsOwnLookup(email));
    if (!known) return undefined;
    const answer = await this.calls.filter(queryFor([known.email, '@nobody.invalid']), signal);
    return answer.profiles.some(({ id }) => id === known.id);
  }
}

/** A gateway in front of a portal may accept only shorter requests than the portal. */
function undefinedIfTooLong(error: unknown): undefined {
  if (!(error instanceof PortalError) || error.facts.status !== 414) throw error;
}

/** Splits e-mails into the fewest requests that a portal accepts. */
function* groupsOf(emails: string[]): Generator<string[]> {
  let group: string[] = [];
  for (const email of emails) {
    const larger = [...group, email];
    const fits = larger.length <= maxEmailsPerRequest && queryBytes(larger) <= maxQueryBytes;
    if (!fits) yield group;
    group = fits ? larger : [email];
  }
  if (group.length > 0) yield group;
}

function queryBytes(emails: string[]): number {
  return new URLSearchParams(queryFor(emails)).toString().length;
}

function queryFor(emails: string[]): Record<string, string> {
  return { count: '100', filterSeparator: separator, filterValue: emails.join(separator) };
}
