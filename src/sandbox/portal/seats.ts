import type { Portal } from './env.js';
import { ApiError } from './errors.js';

/** Paid seats, including the owner's (docspace-api.md §1.1). */
export function requireSeat({ people, options: { seats } }: Portal): void {
  if (seats === undefined || people.paidSeats < seats) return;
  const message = `The number of admins should not exceed ${seats}`;
  throw new ApiError(402, message, 'ASC.Core.Tenants.TenantQuotaException');
}
