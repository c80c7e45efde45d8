/** What can go wrong between this program and a portal; what follows from it is decided in `activities/failures.ts`. */
export type PortalErrorKind =
  /** Nothing was sent: refused, no such host, TLS. The call did not happen. */
  | 'not-sent'
  /** We did not send it: it would have waited too long for its turn, or was given up on while it waited. */
  | 'throttled'
  /** It may have been sent, and no whole answer came: reset, timeout, cut off. The call may have happened. */
  | 'unanswered'
  /** An answer came that cannot be read as one of a portal. The call may have happened. */
  | 'unreadable'
  /** What answers there is no DocSpace portal: another site's page or JSON. */
  | 'not-a-portal'
  /** It answered with a status other than 200. */
  | 'status'
  /** It pointed to another address, which is never followed: the key would go along. */
  | 'redirect'
  /** We gave the call up ourselves: cancelled, or the worker stops. The call may have happened. */
  | 'aborted';

export interface PortalErrorFacts {
  kind: PortalErrorKind;
  /** Method and path template, as in `GET /people/{id}`: never an e-mail or an id. */
  route: string;
  status?: number;
  /** Whether the portal itself spoke, in its JSON envelope: a bare status comes from something before it. */
  isPortalResponse?: boolean;
  /** The portal's own sentence, for a person only: it is localised, and never decides anything. */
  portalMessage?: string;
  /** Milliseconds, from `Retry-After`. */
  retryAfterMs?: number;
  /** From `X-RateLimit-Limit`: tells which limiter spoke (docspace-api.md §6). */
  rateLimit?: number;
  /** Milliseconds after which it may be tried again: this worker keeps to what the portal allows. */
  waitMs?: number;
  /** A system error code, as in `ECONNREFUSED`. */
  code?: string;
}

/**
 * The only error that leaves `docspace/`, built from an allow-list. An error of got's never does: it carries the key and
 * the body in its `options`, and loggers print them.
 */
export class PortalError extends Error {
  override readonly name = 'PortalError';

  constructor(readonly facts: PortalErrorFacts) {
    const { kind, route, status, code } = facts;
    super([route, kind, status, code].filter((part) => part !== undefined).join(' '));
  }
}
