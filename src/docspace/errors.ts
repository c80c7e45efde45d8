/** What went wrong between this program and a portal. `verdict.ts` decides what follows. */
export type PortalErrorKind =
  /** The connection never came up (refused, no such host, TLS), so nothing was sent. The call did not happen. */
  | 'not-sent'
  /** This program did not send it: its turn would have come too late, or it was cancelled in the queue. */
  | 'throttled'
  /** It may have been sent, but no complete response came (reset, timeout, cut off). The call may have happened. */
  | 'unanswered'
  /** The response does not look like a portal's. The call may have happened. */
  | 'unreadable'
  /** Something other than a DocSpace portal answered, such as the page or the JSON of another site. */
  | 'not-a-portal'
  /** The status is not 200. */
  | 'status'
  /** The response redirects to another address. It is never followed, because the key would be sent there, too. */
  | 'redirect'
  /** This program gave up on the call: it was cancelled, or the worker stops. The call may have happened. */
  | 'aborted';

export interface PortalErrorFacts {
  kind: PortalErrorKind;
  /** Method and path template, for example `GET /people/{id}`: never an e-mail or an id. */
  route: string;
  status?: number;
  /** Whether the response has the portal's JSON envelope. A bare status comes from something in front of the portal. */
  isPortalResponse?: boolean;
  /** The portal's own sentence. It is localised, so it is only for people and no rule depends on it. */
  portalMessage?: string;
  /** The .NET class of the portal's exception, which is not localised (docspace-api.md §5). */
  errorType?: string;
  /** From `Retry-After`, at most a day. */
  retryAfterMs?: number;
  /** From `X-RateLimit-Limit`. It identifies the limiter that refused the call (docspace-api.md §6). */
  rateLimit?: number;
  /** Milliseconds until the call may be tried again, so this worker stays within the portal's limits. */
  waitMs?: number;
  /** Why this worker holds calls back. */
  slowdown?: string;
  /** A system error code such as `ECONNREFUSED`. */
  code?: string;
  /** The proxy that the call went through, without credentials. */
  proxy?: string;
}

/**
 * The only error that leaves `docspace/`, built from an allow-list. An error of got must not leave: its `options`
 * hold the key and the body, and loggers print them.
 */
export class PortalError extends Error {
  override readonly name = 'PortalError';

  constructor(readonly facts: PortalErrorFacts) {
    const { kind, route, status, code } = facts;
    super([route, kind, status, code].filter((part) => part !== undefined).join(' '));
  }
}

/** Whether the portal itself has no such thing. A bare 404 comes from something in front of it. */
export function isNotFound(error: unknown): boolean {
  return error instanceof PortalError && error.facts.status === 404 && error.facts.isPortalResponse === true;
}

export function undefinedIfNotFound(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}
