import { Thrown } from './envelope.js';
import type { Portal } from './env.js';

/** Paid seats, the owner's included (docspace-api.md §1.1). */
export function seatIsFree({ people, options: { seats } }: Portal): boolean {
  return seats === undefined || people.paid() < seats;
}

export function needSeat(portal: Portal): void {
  if (!seatIsFree(portal)) throw new Thrown(402, 'The number of admins exceeds the limit');
}
