import type { Language } from './portal/language.js';

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
