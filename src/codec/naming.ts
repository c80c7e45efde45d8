import { createHash, createHmac } from 'node:crypto';
import { onboardingId } from '../contract/onboarding.js';
import { readCodec, type CodecSettings } from './settings.js';

/**
 * How people are named where nothing is encrypted: in workflow ids, and in the notes of their accounts. With a codec, by a
 * keyed hash of the e-mail, since a plain one could be guessed.
 */
class Naming {
  constructor(private readonly codec: CodecSettings | undefined) {}

  idOf(email: string): string {
    return onboardingId(this.codec ? this.hashOf([email]).slice(0, 32) : email);
  }

  /** What an id does not say: encrypted, for the list of open onboardings. Without a codec nothing. */
  memoOf(email: string): { memo?: { email: string } } {
    return this.codec ? { memo: { email } } : {};
  }

  /** What a workflow, which has no key, is told of the id of a person. Without a codec nothing. */
  told(email: string): { id?: string } {
    return this.codec ? { id: this.idOf(email) } : {};
  }

  /** In hexadecimal digits. */
  hashOf(parts: readonly string[]): string {
    const hash = this.codec ? createHmac('sha256', this.codec.idKey) : createHash('sha256');
    for (const part of parts) hash.update(part);
    return hash.digest('hex');
  }
}

let known: Naming | undefined;

/** By the settings of this process, which were found right before. */
export function createWorkflowIds(): Naming {
  known ??= new Naming(readCodec(process.env, []));
  return known;
}
