/** How often one account may call a portal. What is left out is not limited, until the portal itself answers a 429. */
export interface Limits {
  /** Calls in any window; of all workers together where there are several, who find their parts by its 429s. */
  calls?: number;
  /** Milliseconds: a minute at every portal, shorter in a test. */
  windowMs?: number;
  /** POST, PUT and DELETE of one worker at the same time; reads follow in the portal's own proportion. */
  parallelWrites?: number;
}

/** What a portal with its limiter on allows an account (docspace-api.md §6). */
export const portalLimits = {
  calls: 1_500,
  window: 60_000,
  parallelWrites: 15,
  parallelReads: 50,
  writesPerDay: 10_000,
  passwordMails: 5,
  passwordMailWindowMs: 15 * 60_000,
};

/** Calls a second; `undefined` where they are not limited. */
export function perSecond({ calls, windowMs = portalLimits.window }: Limits): number | undefined {
  return calls === undefined ? undefined : (calls * 1_000) / windowMs;
}
