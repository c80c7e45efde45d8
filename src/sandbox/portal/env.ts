import type { Context } from 'hono';
import type { Call } from '../faults/call.js';
import type { Later } from '../faults/deferred.js';
import type { Employee } from './employee.js';
import type { People } from './people.js';
import type { Settings } from '../settings.js';

export type Env = { Bindings: { call: Call }; Variables: { caller: Employee } };

export interface PortalOptions {
  /** Paid seats, the owner's included; without it there is no limit. */
  seats?: number | undefined;
  /** Honours `PUT /people/{id} {role}` as the documentation page claims. No real portal does. */
  documentedRole?: boolean | undefined;
}

/** What the routes share. */
export interface Portal {
  people: People;
  settings: Settings;
  later: Later;
  options: PortalOptions;
}

/** Commits a row, unless a fault keeps the call from it. */
export function save({ env: { call } }: Context<Env>, people: People, row: Employee): void {
  call.commit(() => people.commit(row));
}
