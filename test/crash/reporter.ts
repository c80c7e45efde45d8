import { writeFileSync } from 'node:fs';
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { cases } from './cases.js';
import { document, type Chaos, type Ending, type Further } from './document.js';

declare module 'vitest' {
  interface TaskMeta {
    ending?: Ending;
    chaos?: Chaos;
    /** The arguments of `npm run test:crash --` that repeat the case, if its name is not enough. */
    repeat?: string;
  }
}

/** Prints how to repeat each failed case, and writes `docs/crashes.md` with `-u`. */
export default class CrashReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap(({ children }) => [...children.allTests()]);
    const failed = tests.filter((test) => test.result().state === 'failed');
    for (const test of failed) process.stderr.write(`To repeat it: npm run test:crash -- ${repetitionOf(test)}\n`);
    if (!process.env['CRASH_WRITE']) return;
    if (tests.every((test) => test.result().state === 'passed')) write(modules);
    else process.stderr.write('docs/crashes.md is left as it was: not everything was run and passed\n');
  }
}

function repetitionOf(test: TestCase): string {
  return test.meta().repeat ?? `-t '${nameOf(test).replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}$'`;
}

/** The name as Vitest matches it. */
const nameOf = ({ fullName }: TestCase): string => fullName.replaceAll(' > ', ' ');

function write(modules: readonly TestModule[]): void {
  const endings = new Map<string, Ending>();
  const chaos: Chaos[] = [];
  const further: Further[] = [];
  for (const module of modules.toSorted((one, other) => one.moduleId.localeCompare(other.moduleId))) {
    for (const test of module.children.allTests()) {
      const { ending, chaos: came } = test.meta();
      if (ending) endings.set(test.name, ending);
      else if (came) chaos.push(came);
      else if (!module.moduleId.endsWith('matrix.test.ts'))
        further.push({ name: nameOf(test), milliseconds: test.diagnostic()?.duration ?? 0 });
    }
  }
  writeFileSync(new URL('../../docs/crashes.md', import.meta.url), document(cases, { endings, chaos, further }));
}
