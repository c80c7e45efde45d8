import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { z } from 'zod';

/**
 * A fault on demand. `before` happens instead of the call, `after` once the portal has committed it: the caller sees the
 * same, the portal does not.
 */
const fault = z.object({
  route: z.string(),
  when: z.enum(['before', 'after']),
  /** How often; without it until it is taken away. */
  times: z.number().int().positive().optional(),
  does: z.discriminatedUnion('kind', [
    /** Answers once `release` was called, as if nothing had happened. */
    z.object({ kind: z.literal('hold') }),
    /** Never answers. */
    z.object({ kind: z.literal('hang') }),
    /** Resets the connection. */
    z.object({ kind: z.literal('reset') }),
    /** Answers this instead. */
    z.object({
      kind: z.literal('answer'),
      status: z.number().int(),
      headers: z.record(z.string(), z.string()).default({}),
      body: z.string().default(''),
    }),
    /** Answers the first half of what it would have answered, and resets. */
    z.object({ kind: z.literal('cut') }),
  ]),
});

export const faultList = z.array(fault);
export type Fault = z.infer<typeof fault>;

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders | Record<string, string>;
  body: string;
}

export class Faults {
  private rules: { fault: Fault; left: number }[] = [];
  private releases: (() => void)[] = [];

  set(faults: readonly Fault[]): void {
    this.rules = faults.map((each) => ({ fault: each, left: each.times ?? Infinity }));
  }

  take(route: string, when: Fault['when']): Fault | undefined {
    const rule = this.rules.find(({ fault: { route: of, when: at }, left }) => of === route && at === when && left > 0);
    if (rule) rule.left--;
    return rule?.fault;
  }

  /** Does a fault to an answer; `undefined` where nothing is to be sent any more. */
  async inflict(
    { does }: Fault,
    answer: Answer | undefined,
    response: ServerResponse,
  ): Promise<Answer | 'go on' | undefined> {
    switch (does.kind) {
      case 'hold':
        await new Promise<void>((resolve) => this.releases.push(resolve));
        return answer ?? 'go on';
      case 'hang':
        return undefined;
      case 'reset':
        response.socket?.resetAndDestroy();
        return undefined;
      case 'answer':
        return does;
      case 'cut': {
        const body = answer?.body ?? '{"response":{"id":"';
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
        response.write(body.slice(0, body.length / 2), () => response.socket?.resetAndDestroy());
        return undefined;
      }
    }
  }

  release(): void {
    for (const resolve of this.releases.splice(0)) resolve();
  }
}
