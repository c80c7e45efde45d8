import { createHash, createHmac } from 'node:crypto';
import { onboardingId } from '../contract/onboarding.js';
import { groupCreationId } from '../contract/places.js';
import type { CodecSettings } from '../program/settings/codec-keys.js';

/**
 * Makes the ids that represent people and groups in places that are not encrypted: workflow ids, and the notes of their
 * accounts. With a codec, an id is a keyed hash of the e-mail or name, because a plain hash could be guessed.
 */
export class WorkflowIds {
  constructor(private readonly codec: CodecSettings | undefined) {}

  workflowIdFor(email: string): string {
    return onboardingId(this.codec ? this.hashOf([email]).slice(0, 32) : email);
  }

  groupCreationIdFor(portal: string, name: string): string {
    const id = groupCreationId(portal, name);
    return this.codec ? `create-group:${this.hashOf([id]).slice(0, 32)}` : id;
  }

  /** With a codec, an encrypted memo holds the e-mail for the list of open onboardings. */
  memoFor(email: string): { memo?: { email: string } } {
    return this.codec ? { memo: { email } } : {};
  }

  /** With a codec, a workflow lacks the key to derive a person's id, so its input contains the id. */
  idForPayload(email: string): { onboardingId?: string } {
    return this.codec ? { onboardingId: this.workflowIdFor(email) } : {};
  }

  /** In hexadecimal digits. */
  hashOf(parts: readonly string[]): string {
    const hash = this.codec ? createHmac('sha256', this.codec.idKey) : createHash('sha256');
    for (const part of parts) hash.update(part);
    return hash.digest('hex');
  }
}
