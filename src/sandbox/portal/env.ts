import type { HttpBindings } from '@hono/node-server';
import type { Call } from '../faults/call.js';
import type { Deferred } from '../faults/deferred.js';
import type { Departments } from './departments.js';
import type { Employee } from './employee.js';
import type { ApiKey, ApiKeys } from './api-keys.js';
import type { Language } from './language.js';
import type { Locks } from './locks.js';
import type { Mails } from './mails.js';
import type { People } from './people.js';
import type { Rooms } from './rooms.js';
import type { Writers } from './writers.js';

export type Env = { Bindings: HttpBindings; Variables: { call: Call; caller: Employee; key: ApiKey; portal: Portal } };

export interface PortalOptions {
  /** Paid seats, including the owner's. Without it there is no limit. */
  seats?: number | undefined;
  /** Active rooms. Without it there is no limit. */
  rooms?: number | undefined;
  /** Applies `PUT /people/{id} {role}` as the documentation page describes. No real portal does. */
  documentedRole?: boolean | undefined;
}

/** The control route can change these while the sandbox runs. */
export interface Settings {
  language: Language;
  /** Without it, no `comment` is kept and no profile has `notes`. */
  keepsNotes: boolean;
  /** Milliseconds that each call takes: half of them before it changes anything, half before the answer. */
  latency: number;
  /**
   * Milliseconds for which a new account shows as RoomAdmin, until the last statement of its create has run. On the
   * vendor's server it was 10 to 148.
   */
  roleMoment: number;
}

/** What the routes share. */
export interface Portal {
  people: People;
  keys: ApiKeys;
  departments: Departments;
  rooms: Rooms;
  mails: Mails;
  locks: Locks;
  writers: Writers;
  settings: Settings;
  deferred: Deferred;
  options: PortalOptions;
}
