import { z, type ZodType } from 'zod';
import { EmailLookup, type FilterPage } from './email-lookup.js';
import { unicodeSpelling } from './email-spellings.js';
import { PortalError, undefinedIfNotFound } from './errors.js';
import { PortalHttp, type Call, type WriteBounds } from './http/http-client.js';
import { PlacesApi } from './places-api.js';
import { profileSchema, type Profile } from './profile.js';
import { portalLimits, type Limits } from './rate-limit/limits.js';
import type { Role } from '../domain/roles.js';

export interface NewUser {
  firstName: string;
  lastName: string;
  email: string;
  type: Role;
  /** The portal shows it as `notes`. */
  comment: string;
}

export interface PortalOptions {
  /** Limit for a whole call. With the wait in the queue, it must be less than every start-to-close timeout. */
  timeoutMs?: number | undefined;
  limits?: Limits | undefined;
  /** Address of an HTTP proxy, for a portal over HTTPS. */
  proxy?: string | undefined;
  /** Called after each call with its route (never an e-mail or an id) and the status, or what happened instead. */
  onResponse?: ((route: string, result: string) => void) | undefined;
}

/** The largest page that a portal returns (docspace-api.md §2). */
const pageSize = 100;

/** A row that cannot be read becomes `null`, so it does not hide the others. */
const rowsSchema = profileSchema.nullable().catch(null).array();
const pageSchema = z.object({ response: rowsSchema, total: z.number().optional() });

const jobSchema = z
  .object({ isCompleted: z.boolean(), percentage: z.number().optional(), error: z.string().nullish() })
  .optional();

const keySchema = z.object({ permissions: z.string().array(), createBy: z.object({ id: z.string() }) });

type DemotionJob = NonNullable<z.infer<typeof jobSchema>>;

/** The People API of a DocSpace portal: one method for each endpoint. Each throws only {@link PortalError}. */
export class Portal {
  readonly limits: Limits;
  readonly timeoutMs: number;
  readonly places = new PlacesApi((call, schema) => this.send(call, schema));
  private readonly http: PortalHttp;
  private readonly emailLookup = new EmailLookup({
    filter: (query, signal) => this.filter(query, signal),
    findByEmail: (email, signal) => this.findByEmail(email, signal),
  });
  /** When the portal will send password mails again, by `performance.now()`. */
  private passwordMailsAllowedAt = -Infinity;

  /** @param origin for example `https://portal.example.com` */
  constructor(
    readonly origin: string,
    key: string,
    private readonly options: PortalOptions = {},
  ) {
    const { timeoutMs = 30_000, limits = {}, proxy } = options;
    this.limits = limits;
    this.timeoutMs = timeoutMs;
    this.http = new PortalHttp(origin, key, { timeoutMs, limits, proxy });
  }

  /** `POST /people` (docspace-api.md §1.1): sends an activation mail. Not idempotent; refuses a Guest. */
  createUser(user: NewUser, bounds?: WriteBounds): Promise<Profile> {
    return this.ask({ method: 'POST', route: '/people', body: user, ...bounds }, profileSchema);
  }

  /** `POST /people/active` (docspace-api.md §1.3): sends no mail, and accepts a Guest. Not idempotent. */
  createUserWithoutMail(user: NewUser, bounds?: WriteBounds): Promise<Profile> {
    return this.ask({ method: 'POST', route: '/people/active', body: user, ...bounds }, profileSchema);
  }

  /** `GET /people/{id}`. The portal first reads the id as a user name, so the id in the response is compared. */
  async getUser(id: string, signal?: AbortSignal): Promise<Profile> {
    const call = { method: 'GET', route: '/people/{id}', path: pathOf(id), signal } as const;
    return assertSameId(id, await this.ask(call, profileSchema), 'GET /people/{id}');
  }

  /**
   * `GET /people/email` (docspace-api.md §2): exact, and also finds disabled and invited accounts. Only a 404 in the
   * portal's envelope means "not found": a bare 404 is a suspended portal or a wrong address.
   *
   * @param email normalized
   */
  async findByEmail(email: string, signal?: AbortSignal): Promise<Profile | undefined> {
    const found = await this.findBySpelling(email, signal);
    const typed = unicodeSpelling(email);
    if (found || typed === undefined) return found;
    const other = await this.findBySpelling(typed, signal);
    // MySQL ignores accents, so it may find a person at another domain.
    return other?.email === email ? other : undefined;
  }

  private findBySpelling(email: string, signal?: AbortSignal): Promise<Profile | undefined> {
    const call = { method: 'GET', route: '/people/email', query: { email }, signal } as const;
    return this.ask(call, profileSchema).catch(undefinedIfNotFound);
  }

  /**
   * Finds many accounts with few calls of `GET /people/filter`.
   *
   * @returns the accounts that exist, by normalized e-mail
   */
  findByEmails(emails: readonly string[], signal?: AbortSignal): Promise<Map<string, Profile>> {
    return this.emailLookup.find(emails, signal);
  }

  /** `PUT /people/{id} {role}`, the documented call. Real portals answer 200 and change nothing (docspace-api.md §3.1). */
  async updateRole(id: string, role: string, bounds?: WriteBounds): Promise<Profile> {
    const call = { method: 'PUT', route: '/people/{id}', path: pathOf(id), body: { role }, ...bounds } as const;
    return assertSameId(id, await this.ask(call, profileSchema), 'PUT /people/{id}');
  }

  /** `PUT /people/type/{type}` (docspace-api.md §3.3): only raises a role. Setting the same role again is a 403. */
  async promote(id: string, role: Role, bounds?: WriteBounds): Promise<Profile> {
    const [profile] = await this.promoteAll([id], role, bounds);
    return assertSameId(id, profile, 'PUT /people/type/{type}');
  }

  /**
   * The same call for several people. It is not atomic: the portal stops at the first id that it refuses, and keeps the
   * changes before. For an unknown id it answers with a made-up profile. So read everyone back.
   *
   * @returns the profiles in the response whose ids were sent
   */
  async promoteAll(ids: readonly string[], role: Role, bounds?: WriteBounds): Promise<Profile[]> {
    const route = '/people/type/{type}';
    const call = { method: 'PUT', route, path: `/people/type/${role}`, body: { userIds: ids }, ...bounds } as const;
    return readableRows(await this.ask(call, rowsSchema)).filter(({ id }) => ids.includes(id));
  }

  /** `POST /people/type` (docspace-api.md §3.4): lowers a role with a job. `undefined` if the response shows no job. */
  demote(id: string, role: Role, bounds?: WriteBounds): Promise<DemotionJob | undefined> {
    return this.ask({ method: 'POST', route: '/people/type', body: { type: role, userId: id }, ...bounds }, jobSchema);
  }

  /** `GET /people/type/progress/{id}`: a failed job shows only its `error` text, and a finished job may be gone. */
  demotionProgress(id: string, signal?: AbortSignal): Promise<DemotionJob | undefined> {
    const path = `/people/type/progress/${encodeURIComponent(id)}`;
    return this.ask({ method: 'GET', route: '/people/type/progress/{id}', path, signal }, jobSchema);
  }

  /** `GET /people/filter` (docspace-api.md §2): everyone, page by page, in a stable order. */
  async *people(): AsyncGenerator<Profile> {
    for (let start = 0; ; start += pageSize) {
      const query = { count: String(pageSize), startIndex: String(start), sortBy: 'email', sortOrder: 'ascending' };
      const page = await this.ask({ method: 'GET', route: '/people/filter', query }, profileSchema.array());
      yield* page;
      if (page.length < pageSize) return;
    }
  }

  /**
   * `POST /people/password`: mails a link that activates the account and sets its password (docspace-api.md §6).
   *
   * @throws {PortalError} with `waitMs` once the portal's limit of 5 in 15 minutes for each caller is reached
   */
  async sendPasswordMail(email: string, bounds?: WriteBounds): Promise<void> {
    const route = '/people/password';
    const waitMs = this.passwordMailsAllowedAt - performance.now();
    if (waitMs > 0) throw new PortalError({ kind: 'throttled', route: `POST ${route}`, waitMs });
    const { passwordMails: ownRateLimit, passwordMailWindowMs } = portalLimits;
    try {
      await this.ask({ method: 'POST', route, body: { email }, ownRateLimit, ...bounds }, z.unknown());
    } catch (error) {
      const isLimited = error instanceof PortalError && error.facts.status === 429 && error.facts.waitMs === undefined;
      if (!isLimited) throw error;
      this.passwordMailsAllowedAt = performance.now() + passwordMailWindowMs;
      throw new PortalError({ ...error.facts, waitMs: passwordMailWindowMs });
    }
  }

  /** `GET /people/@self`: the person whose key this is. */
  self(signal?: AbortSignal): Promise<Profile> {
    return this.ask({ method: 'GET', route: '/people/@self', signal }, profileSchema);
  }

  /** `GET /keys/@self`: any key may read itself (docspace-api.md §4). A key without permissions is not limited. */
  async ownKey(signal?: AbortSignal): Promise<{ permissions: readonly string[]; ownerId: string }> {
    const { permissions, createBy } = await this.ask({ method: 'GET', route: '/keys/@self', signal }, keySchema);
    return { permissions, ownerId: createBy.id };
  }

  /** The portal's clock, by its last response. Its `Date` has whole seconds. */
  time(): number | undefined {
    return this.http.portalTime();
  }

  /** The proxy for calls to the portal, without credentials. `undefined` if calls go directly. */
  get proxy(): string | undefined {
    return this.http.proxy;
  }

  /** Tells an operator why calls are slower than the settings allow. `undefined` if they are not. */
  slowdown(): string | undefined {
    return this.http.slowdown();
  }

  /** Closes the kept-alive connections. */
  close(): void {
    this.http.close();
  }

  private async filter(query: Record<string, string>, signal?: AbortSignal): Promise<FilterPage> {
    const { response, total } = await this.send({ method: 'GET', route: '/people/filter', query, signal }, pageSchema);
    const profiles = readableRows(response);
    return { profiles, isComplete: profiles.length === total };
  }

  private async ask<Result>(call: Call, schema: ZodType<Result>): Promise<Result> {
    return (await this.send(call, z.object({ response: schema }))).response;
  }

  private async send<Result>(call: Call, schema: ZodType<Result>): Promise<Result> {
    const route = `${call.method} ${call.route}`;
    try {
      const parsed = schema.safeParse(await this.http.call(call));
      if (!parsed.success) throw new PortalError({ kind: 'unreadable', route, status: 200, code: 'not a profile' });
      this.options.onResponse?.(route, '200');
      return parsed.data;
    } catch (error) {
      if (!(error instanceof PortalError)) throw error;
      const { kind, status } = error.facts;
      this.options.onResponse?.(route, kind === 'status' ? String(status) : kind);
      throw error;
    }
  }
}

function pathOf(id: string): string {
  return `/people/${encodeURIComponent(id)}`;
}

function readableRows(rows: readonly (Profile | null)[]): Profile[] {
  return rows.filter((row) => row !== null);
}

function assertSameId(id: string, profile: Profile | undefined, route: string): Profile {
  if (profile?.id === id) return profile;
  throw new PortalError({ kind: 'unreadable', route, status: 200, code: 'another id' });
}
