import { batchResults } from '../../src/client/batches.js';
import { idOfBatch, startBatch, type BatchHandle, type BatchRequest } from '../../src/client/start-batch.js';
import type { BatchOutcome, PersonResult } from '../../src/contract/batch.js';
import type { Person } from '../../src/people/person.js';
import { importTwice } from './imports.js';
import type { TestPortal } from './portal.js';
import type { TestTemporal } from './temporal.js';

export const batchOptions = { existing: 'fail', mail: true } as const;

/** Batches of new people, at the portal and on the worker of a test. */
export class TestBatches {
  private count = 0;

  constructor(
    private readonly portal: TestPortal,
    private readonly temporal: TestTemporal,
  ) {}

  /** @param given what each person has besides a name and an e-mail of their own */
  people(number: number, given: Partial<Person> | ((index: number) => Partial<Person>) = {}): Person[] {
    const group = ++this.count;
    return Array.from({ length: number }, (_, index) => ({
      firstName: 'Pat',
      lastName: 'Doe',
      email: `p${index}.g${group}.${this.temporal.taskQueue.slice(-6)}@example.com`,
      role: 'User',
      ...(typeof given === 'function' ? given(index) : given),
    }));
  }

  start(
    people: Person[],
    request: Partial<BatchRequest> = {},
    taskQueue = this.temporal.taskQueue,
  ): Promise<BatchHandle> {
    const session = this.temporal.session(this.portal.url, taskQueue);
    const id = idOfBatch(session, people, request.options ?? batchOptions);
    return startBatch(session, id, { people, options: batchOptions, ...request });
  }

  /** @param _reason why the second import would write, or what it would hide */
  async importOnce(_reason: string, people: Person[], request?: Partial<BatchRequest>): Promise<BatchOutcome> {
    return (await this.start(people, request)).result();
  }

  importTwice(people: Person[], request?: Partial<BatchRequest>): Promise<BatchOutcome> {
    return importTwice(this.portal, async () => (await this.start(people, request)).result());
  }

  async resultsOf(outcome: BatchOutcome): Promise<PersonResult[]> {
    const results: PersonResult[] = [];
    for await (const result of batchResults(this.temporal.session(this.portal.url), outcome)) results.push(result);
    return results;
  }

  /** The role of the only account with an e-mail. */
  async typeOf(email: string): Promise<string | undefined> {
    const [account, ...others] = await this.portal.withEmail(email);
    if (others.length > 0) throw new Error(`${email} has ${others.length + 1} accounts`);
    return account?.type;
  }

  /** Creates a person's account without an onboarding. */
  async createByHand({ firstName, lastName, email }: Person): Promise<void> {
    await this.portal.as().createUser({ firstName, lastName, email, type: 'User', comment: '' });
  }
}
