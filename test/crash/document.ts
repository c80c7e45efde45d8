import type { Case } from './cases.js';
import type { Ending } from './play.js';

const head = `# What is killed, at which moment, and what comes of it

Made from the cases of \`test/crash/cases.ts\` by \`npm run test:crash -- -u\`; the tests fail where the two disagree.
Worker, Temporal server, starter and sandbox are real processes, and each case ends them with \`kill -9\` at exactly this
moment of this step: a relay between them and the server, or the sandbox, holds the message that would come next. What was
killed is started again at once, the starter with the same command. Every case ends with the one account in the wanted
role, one activation mail, one create in the portal's own ledger, and no decision of the run refused.

The last column is the time from the kill until a command says so, with the start of all processes (a starter takes about a
second), on two cores with two cases at once, and a settle window of one second.

| step | moment | killed | ends | done after |
|---|---|---|---|---|
`;

/** What `docs/crashes.md` says of the cases. */
export function document(cases: readonly Case[], endings: ReadonlyMap<Case, Ending>): string {
  const rows = cases.map((each) => {
    const ending = endings.get(each);
    const time = ending ? `${(ending.milliseconds / 1_000).toFixed(1)} s` : '';
    return `| ${[each.step, each.moment.name, each.victim, 'onboarded, open for role changes', time].join(' | ')} |`;
  });
  return `${head}${rows.join('\n')}\n`;
}
