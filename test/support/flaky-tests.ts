import { relative } from 'node:path';
import type { Reporter, TestCase } from 'vitest/node';

/** Reports each test that failed and then passed when it was repeated, so a race in it does not stay hidden. */
export default class FlakyTests implements Reporter {
  onTestCaseResult(test: TestCase): void {
    if (!test.diagnostic()?.flaky) return;
    const [error] = test.result().errors ?? [];
    const name = `${relative('', test.module.moduleId)} > ${test.fullName}`;
    process.stdout.write(`Flaky: ${name}: ${error?.message}\n${error?.diff ?? ''}\n`);
  }
}
