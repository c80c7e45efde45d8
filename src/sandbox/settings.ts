import type { Language } from './language.js';

/** What the control route changes while the sandbox runs. */
export interface Settings {
  language: Language;
  /** Without it the `comment` of a create is not kept, and no profile has `notes`. */
  keepsNotes: boolean;
}
