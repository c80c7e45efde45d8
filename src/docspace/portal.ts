import { z, type ZodType } from 'zod';
import { PortalError } from './errors.js';
import { PortalHttp, type Call, type WriteBounds } from './http/http-client.js';
import { EmailLookup, type FilterPage } from './email-lookup.js';
import { portalLimits, type Limits } from './rate-limit/limits.js';
import { profileSchema, type Profile } from './profile.js';
import type { Role } from '../domain/roles.js';

export interface NewUser {
  firstName: string;
  lastName: string;
  email: string;
  type: Role;
  /** Comes back as `notes`. */
  comment: string;
}

export interface PortalOptions {
  /** Of a request, in milliseconds; with the time it may wait for its turn, less than any step's start-to-close timeout. */
  timeoutMs?: number | undefined;
  /** What the portal allows. */
  limits?: Limits | undefined;
  /** Address of the HTTP proxy for a portal over HTTPS. */
  proxy?: string | undefined;
}

/** The most that a portal answers at once (docspace-api.md §2). */
const pageSize = 100;

/** With 25 ids the call takes 5 s at a portal of 5,000 people (seen); it must end well within its time limit. */
export const maxIdsPerPromotion = 25;

/** A row that cannot be read becomes `null`, so that it does not hide the others. */
const rowsSchema = profileSchema.nullable().catch(null).array();
const listSchema = z.object({ response: rowsSchema, total: z.number().optional() });

const jobSchema = z.object({ isCompleted: z.boolean(), error: z.string().nullish() }).optional();

type DemotionJob = NonNullable<z.infer<typeof jobSchema>>;

/** A DocSpace portal's People API: one method per endpoint. Each throws {@link PortalError}, and nothing else. */
export class Portal {
  readonly limits: Limits;
  /** Of a request, in milliseconds. */
  readonly timeoutMs: number;
  /** Told of each call by its route (never an e-mail or an id), and its answer. */
  onAnswer: (route: string, answer: string) => void = () => undefined;
  private readonly http: PortalHttp;
  private readonly lookup = new EmailLookup({
    filter: (query, signal) => this.filter(query, signal),
    findByEmail: (email, signal) => this.findByEmail(email, signal),
  });
  /** When the portal sends password mails again, in milliseconds of `performance.now()`. */
  private mailsAllowedAt = -Infinity;

  /** @param origin as in `https://portal.example.com` */
  constructor(
    readonly origin: string,
    key: string,
    { timeoutMs = 30_000, limits = {}, proxy }: PortalOptions = {},
  ) {
    this.limits = limits;
    this.timeoutMs = timeoutMs;
    this.http = new PortalHttp(origin, key, { timeoutMs, limits, proxy });
  }

  /** `POST /people` (docspace-api.md §1.1): sends an activation mail. Not idempotent; a Guest is refused. */
  createUser(user: NewUser, bounds?: WriteBounds): Promise<Profile> {
    return this.profile({ method: 'POST', path: '/people', route: '/people', body: user, ...bounds });
  }

  /** `POST /people/active` (docspace-api.md §1.3): sends no mail, and takes a Guest too. */
  createUserWithoutMail(user: NewUser, bounds?: WriteBounds): Promise<Profile> {
    return this.profile({ method: 'POST', path: '/people/active', route: '/people/active', body: user, ...bounds });
  }

  /** `GET /people/{id}`: the portal takes the id for a user name first, so that the answer's id is compared. */
  async getUser(id: string, signal?: AbortSignal): Promise<Profile> {
    const profile = await this.profile({ method: 'GET', path: person(id), route: '/people/{id}', signal });
    return mustBe(id, profile, 'GET /people/{id}');
  }

  /**
   * `GET /people/email` (docspace-api.md §2): exact, sees disabled and invited accounts too. Nobody is found only where
   * the portal itself says 404: a bare 404 is a suspended portal or a wrong address.
   */
  async findByEmail(email: string, signal?: AbortSignal): Promise<Profile | undefined> {
    try {
      return await this.profile({
        method: 'GET',
        path: '/people/email',
        route: '/people/email',
        query: { email },
        signal,
      });
    } catch (error) {
      if (error instanceof PortalError && error.facts.status === 404 && error.facts.isPortalResponse) return undefined;
      throw error;
    }
  }

  /**
   * Finds many accounts with few calls of `GET /people/filter`.
   *
   * @returns the accounts that exist, by normalised e-mail
   */
  findByEmails(emails: readonly string[], signal?: AbortSignal): Promise<Map<string, Profile>> {
    return this.lookup.find(emails, signal);
  }

  /** `PUT /people/{id} {role}`, as the documentation page has it. Real portals answer 200 and change nothing (§3.1). */
  async updateRole(id: string, role: string, bounds?: WriteBounds): Promise<Profile> {
    const profile = await this.profile({
      method: 'PUT',
      path: person(id),
      route: '/people/{id}',
      body: { role },
      ...bounds,
    });
    return mustBe(id, profile, 'PUT /people/{id}');
  }

  /** `PUT /people/type/{type}` (docspace-api.md §3.3): upwards only; the type somebody already has is a 403. */
  async promote(id: string, role: Role, bounds?: WriteBounds): Promise<Profile> {
    const [profile] = await this.promoteAll([id], role, bounds);
    return mustBe(id, profile, 'PUT /people/type/{type}');
  }

  /**
   * The same call for up to {@link maxIdsPerPromotion} people. It is not atomic: the portal stops at the first id that it
   * refuses, and keeps what it changed before. An unknown id is answered with a made-up profile.
   *
   * @returns only the profiles of people who were asked for; read everyone back, whatever the answer
   */
  async promoteAll(ids: readonly string[], role: Role, bounds?: WriteBounds): Promise<Profile[]> {
    const call = { method: 'PUT', path: `/people/type/${role}`, route: '/people/type/{type}' } as const;
    const rows = await this.ask({ ...call, body: { userIds: ids }, ...bounds }, rowsSchema);
    return rows.filter((row) => row !== null && ids.includes(row.id)) as Profile[];
  }

  /**
   * `POST /people/type` (docspace-api.md §3.4): downwards, by a job of the portal's. `undefined` where it has none.
   */
  demote(id: string, role: Role, bounds?: WriteBounds): Promise<DemotionJob | undefined> {
    const body = { type: role, userId: id };
    return this.ask({ method: 'POST', path: '/people/type', route: '/people/type', body, ...bounds }, jobSchema);
  }

  /** `GET /people/type/progress/{id}`: a job that failed says so in its text alone; one that is over may be gone. */
  demotionProgress(id: string, signal?: AbortSignal): Promise<DemotionJob | undefined> {
    const route = '/people/type/progress/{id}';
    return this.ask(
      { method: 'GET', path: `/people/type/progress/${encodeURIComponent(id)}`, route, signal },
      jobSchema,
    );
  }

  /** `GET /people/filter` (docspace-api.md §2): everybody, page by page, in an order that does not change between pages. */
  async *people(signal?: AbortSignal): AsyncGenerator<Profile> {
    const route = '/people/filter';
    for (let start = 0; ; start += pageSize) {
      const query = { count: String(pageSize), startIndex: String(start), sortBy: 'email', sortOrder: 'ascending' };
      const page = await this.ask({ method: 'GET', path: route, route, query, signal }, profileSchema.array());
      yield* page;
      if (page.length < pageSize) return;
    }
  }

  /**
   * `POST /people/password`: mails a link that activates the account and sets its password (truth: unclear.md).
   *
   * @throws {PortalError} with `wait` once the portal's limit of 5 in 15 minutes for each caller is reached
   */
  async sendPasswordMail(email: string, bounds?: WriteBounds): Promise<void> {
    const path = '/people/password';
    const wait = this.mailsAllowedAt - performance.now();
    if (wait > 0) throw new PortalError({ kind: 'throttled', route: `POST ${path}`, waitMs: wait });
    const ownRateLimit = portalLimits.passwordMails;
    try {
      await this.ask({ method: 'POST', path, route: path, body: { email }, ownRateLimit, ...bounds }, z.unknown());
    } catch (error) {
      const isLimited = error instanceof PortalError && error.facts.status === 429 && error.facts.waitMs === undefined;
      if (!isLimited) throw error;
      this.mailsAllowedAt = performance.now() + portalLimits.passwordMailWindow;
      throw new PortalError({ ...error.facts, waitMs: portalLimits.passwordMailWindow });
    }
  }

  /** `GET /people/@self`: whom the API key acts for. */
  self(signal?: AbortSignal): Promise<Profile> {
    return this.profile({ method: 'GET', path: '/people/@self', route: '/people/@self', signal });
  }

  /** What the portal's clock showed at a time of this machine, in milliseconds; its `Date` has whole seconds. */
  toPortalTime(here: number): number {
    return here + this.http.clockOffset - 1_000;
  }

  /** Closes the kept-alive connections. */
  close(): void {
    this.http.close();
  }

  private profile(call: Call): Promise<Profile> {
    return this.ask(call, profileSchema);
  }

  private async filter(query: Record<string, string>, signal?: AbortSignal): Promise<FilterPage> {
    const route = '/people/filter';
    const { response, total } = await this.send({ method: 'GET', path: route, route, query, signal }, listSchema);
    const profiles = response.filter((row) => row !== null);
    return { profiles, isComplete: profiles.length === total };
  }

  private async ask<Answer>(call: Call, schema: ZodType<Answer>): Promise<Answer> {
    return (await this.send(call, z.object({ response: schema }))).response;
  }

  private async send<Answer>(call: Call, schema: ZodType<Answer>): Promise<Answer> {
    const route = `${call.method} ${call.route}`;
    try {
      const parsed = schema.safeParse(await this.http.call(call));
      if (!parsed.success) throw new PortalError({ kind: 'unreadable', route, status: 200, code: 'not a profile' });
      this.onAnswer(route, '200');
      return parsed.data;
    } catch (error) {
      if (error instanceof PortalError) this.onAnswer(route, answerOf(error));
      throw error;
    }
  }
}

/** A status, or what happened instead of one. */
function answerOf({ facts: { kind, status } }: PortalError): string {
  return kind === 'status' ? String(status) : kind;
}

function person(id: string): string {
  return `/people/${encodeURIComponent(id)}`;
}

/** A profile of somebody else is never believed (docspace-api.md §3.3: an unknown id can answer with a made-up user). */
function mustBe(id: string, profile: Profile | undefined, route: string): Profile {
  if (profile?.id === id) return profile;
  throw new PortalError({ kind: 'unreadable', route, status: 200, code: 'another id' });
}
