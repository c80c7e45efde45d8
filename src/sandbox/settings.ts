import type { Language } from './portal/language.js';

/** What the control route changes while the sandbox runs. */
export interface Settings {
  language: Language;
  /** Without it the `comment` of a create is not kept, and no profile has `notes`. */
  keepsNotes: boolean;
  /** Milliseconds that each call takes: half of them before it changes anything, half before it is answered. */
  latency: number;
}
