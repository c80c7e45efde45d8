/** How often one account may call a portal. An absent limit does not apply until the portal itself answers 429. */
export interface Limits {
  /** Calls in any window, for all workers together. The portal's 429s teach each worker its share. */
  calls?: number;
  /** A minute at every portal, shorter in a test. */
  windowMs?: number;
  /** Simultaneous POST, PUT and DELETE calls of one worker. The limit for reads keeps the proportion of the portal. */
  parallelWrites?: number;
}

/** What a portal allows an account if its limiter is on (docspace-api.md §6). */
export const portalLimits = {
  calls: 1_500,
  windowMs: 60_000,
  parallelWrites: 15,
  parallelReads: 50,
  writesPerDay: 10_000,
  passwordMails: 5,
  passwordMailWindowMs: 15 * 60_000,
};

/** Calls per second; `undefined` if they are not limited. */
export function perSecond({ calls, windowMs = portalLimits.windowMs }: Limits): number | undefined {
  return calls === undefined ? undefined : (calls * 1_000) / windowMs;
}
