import { ApiError } from './envelope.js';
import type { Portal } from './env.js';

/** Paid seats, the owner's included (docspace-api.md §1.1). */
export function requireSeat({ people, options: { seats } }: Portal): void {
  if (seats === undefined || people.paid() < seats) return;
  throw new ApiError(402, `The number of admins should not exceed ${seats}`);
}
