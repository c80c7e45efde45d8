#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { withConnectionFlags } from './temporal/connection-flags.js';
import { exitCodes, exitWith, type ExitCode } from './program/exit.js';
import { loadEnvFile } from './program/settings.js';

/** The program that people run. Each command is loaded only when it is called: help and input errors answer at once. */
const program = new Command('docspace-onboarding')
  .description('Gets people into an ONLYOFFICE DocSpace portal, with the right role, whatever crashes on the way.')
  .exitOverride()
  .showHelpAfterError('(--help shows what there is)')
  .configureHelp({ showGlobalOptions: true });

// What a person is called must not be in the list of processes, where everybody on this machine reads it.
process.title = `docspace-onboarding ${process.argv[2] ?? ''}`;

let code: ExitCode = exitCodes.done;

/** Reads what was asked for, and does it: in two imports, so that what is wrong is said before Temporal is loaded. */
type Run = (positional: (string | undefined)[], flags: never, problems: string[]) => Promise<ExitCode>;

const reading = () => import('./commands/flags.js');

function command(name: string, description: string, examples: readonly string[], run: Run): Command {
  // Without -s, npm's own lines would be in the file that the output goes to.
  const example = examples
    .map((line) => `  $ npm run ${line.includes(' > ') ? '-s ' : ''}starter -- ${line}`)
    .join('\n');
  return program
    .command(name)
    .description(description)
    .addHelpText('before', `Examples:\n${example}\n`)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (...given: unknown[]) => {
      const self = given.pop() as Command;
      const flags = given.pop() as never;
      code = await run(given as (string | undefined)[], flags, strangers(self));
    });
}

/** What was given and is not known, to be said together with every other problem. */
function strangers(self: Command): string[] {
  const excess = self.args.slice(self.registeredArguments.length);
  const unknown = self.args.filter((word) => word.startsWith('-') && word !== '-');
  if (unknown.length > 0) return unknown.map((word) => `unknown option ${word.split('=')[0]}`);
  return excess.map((word) => `unexpected argument "${word}"`);
}

function onServer(self: Command): Command {
  return withConnectionFlags(self).option('--json', 'one JSON document on standard output');
}

onServer(
  command(
    'onboard',
    'Onboard one person, and wait until the portal shows it.',
    ['onboard --first-name Jane --last-name Roe --email jane.roe@example.com --role User', 'onboard'],
    async (_, flags, problems) => {
      const request = (await reading()).readOnboard(flags, problems);
      return (await import('./commands/onboard.js')).onboard(request, flags);
    },
  )
    .option('--first-name <name>', 'without any of these four, the documented example: John Doe, a Manager')
    .option('--last-name <name>')
    .option('--email <address>')
    .option('--role <role>', 'Guest, User, RoomAdmin (also: Manager) or DocSpaceAdmin')
    .option('--existing <what>', 'an account that somebody else made: fail, or adopt it', 'fail')
    .option('--no-mail', 'send no activation mail')
    .option('--role-window <duration>', 'how long role changes are taken afterwards', '7d')
    .option('--give-up-after <duration>', 'how long a step is retried before it waits for a person', '24h')
    .option('--allow-demotion', 'lower the role of an adopted account where it is above the wanted one')
    .option('--detach', 'start it and do not wait')
    .option('--yes', 'ask nothing'),
);

onServer(
  command(
    'import <file>',
    'Onboard everybody in a file of people: CSV, JSON or JSON lines; - is standard input.',
    [
      'import people.csv --dry-run',
      'import people.csv --out result.csv',
      'import people.csv --skip-invalid --max-paid 20',
    ],
    async ([given = ''], flags, problems) => {
      const { readImport, readImportFile } = await import('./commands/import/read-import.js');
      const request = readImport(given, flags, problems);
      const file = await readImportFile(request, flags);
      if ((flags as { dryRun?: boolean }).dryRun)
        return (await import('./commands/import/dry-run.js')).dryRun(request, file, flags);
      return (await import('./commands/import/import.js')).importPeople(request, file, flags);
    },
  )
    .option('--format <format>', 'csv, json or jsonl; otherwise the ending of the name tells, or the first character')
    .option('--role <role>', 'for rows without one')
    .option('--existing <what>', 'accounts that somebody else made: fail, or adopt them', 'fail')
    .option('--no-mail', 'send no activation mails')
    .option('--skip-invalid', 'go on with the rows that are right, and list the others')
    .option('--dry-run', 'look everybody up at the portal, say what would happen, and write nothing')
    .option('--max-paid <number>', 'start nothing where more paid seats are needed')
    .option('--out <file>', 'write the file again with what became of each row, and the rows to mend beside it')
    .option('--detach', 'start it and do not wait')
    .option('--yes', 'ask nothing'),
);

onServer(
  command(
    'role <email> <role>',
    'Change the role of a person, and wait until the portal shows it.',
    ['role jane.roe@example.com RoomAdmin'],
    async ([email = '', role = ''], flags, problems) => {
      const change = (await reading()).readRoleChange(email, role, problems);
      return (await import('./commands/role.js')).role(change, flags);
    },
  ).option('--detach', 'send it and do not wait'),
);

onServer(
  command(
    'status [email]',
    'What is known of one onboarding, or of all that are open.',
    ['status', 'status --watch', 'status jane.roe@example.com --history', 'status --batch 1f0c…'],
    async ([given], flags, problems) => {
      const { email, batch } = (await reading()).readTarget(given, flags, problems);
      if (batch !== undefined) return (await import('./commands/batch/status-batch.js')).statusOfBatch(batch, flags);
      return (await import('./commands/status/status.js')).status(email, flags);
    },
  )
    .option('--batch <id>', 'of a batch, by the id that import prints')
    .option('--watch', 'show it as it changes, until Ctrl-C; a line of JSON for each change where there is no terminal')
    .option('--history', 'every role change of a person: when, who, from which role to which, what became of it'),
);

onServer(
  command(
    'retry [email]',
    'Go on with onboardings that wait for a person.',
    ['retry jane.roe@example.com', 'retry --all --reason quota'],
    async ([given], flags, problems) => {
      const email = (await reading()).readRetry(given, flags, problems);
      return (await import('./commands/retry.js')).retry(email, flags);
    },
  )
    .option('--all', 'every one that waits')
    .option('--reason <reason>', 'with --all: only those that wait for this'),
);

onServer(
  command(
    'cancel [email]',
    'Make no further write; what the portal already has stays, and is printed.',
    ['cancel jane.roe@example.com', 'cancel --batch 1f0c…'],
    async ([given], flags, problems) => {
      const { email, batch } = (await reading()).readTarget(given, flags, problems, { needed: true });
      if (batch !== undefined) return (await import('./commands/batch/cancel-batch.js')).cancelBatch(batch, flags);
      return (await import('./commands/cancel.js')).cancel(email ?? '', flags);
    },
  ).option('--batch <id>', 'a whole batch, by the id that import prints'),
);

command(
  'dev',
  'Everything on this machine until Ctrl-C: Temporal, its Web UI, a worker, the sandbox.',
  ['dev'],
  async (_, flags, problems) => (await import('./commands/dev.js')).dev(flags, problems),
);

command(
  'sandbox',
  'A portal on this machine, with the behaviour of a real one.',
  ['sandbox --port 8092'],
  async (_, flags, problems) => (await import('./commands/sandbox.js')).sandbox(flags, problems),
)
  .option('--port <number>', 'where it listens; 0 for any free port', '8092')
  .option('--data <file>', 'where it keeps its people; without it in memory')
  .option('--seats <number>', 'paid seats, the owner included; without it no limit')
  .option('--documented-role', 'apply PUT {role} as the documentation page claims; no real portal does')
  .option(
    '--limits',
    'limit the calls of an account as the real one may: 1,500 a minute, 15 writes at once, 10,000 a day',
  )
  .option('--faults [file]', 'open the control route for tests, under /sandbox; with a file, faults from the start')
  .option('--json', 'print the address and the keys as JSON');

command('template', 'A CSV to start from.', ['template > people.csv'], async (_, _flags, problems) =>
  (await import('./commands/template.js')).printTemplate(problems),
);

onServer(
  command(
    'doctor',
    'Look at the configuration, Temporal, the workers and the portal: a line each.',
    ['doctor', 'doctor --duplicates'],
    async (_, flags, problems) => (await import('./commands/doctor/doctor.js')).doctor(flags, problems),
  ).option('--duplicates', 'also look for e-mails that stand more than once at the portal'),
);

await exitWith(async () => {
  loadEnvFile();
  try {
    await program.parseAsync();
    return code;
  } catch (error) {
    // Commander has written what there is to say: the help that was asked for, or what is wrong.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    throw error;
  }
});
