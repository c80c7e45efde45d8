import { existsSync, statSync } from 'node:fs';
import { callerPath } from '../../program/working-folder.js';
import { action, createCommand, withServerOptions } from '../command.js';

export const importCommand = withServerOptions(
  createCommand('import', 'Onboard everybody in a file: CSV, JSON or JSON lines.', [
    'import people.csv --dry-run',
    'import people.csv --out result.csv',
    'import people.csv --skip-invalid --max-paid 20',
  ])
    .argument('<file>', 'the file to read, or - for standard input', callerPath)
    .option('--format <format>', 'csv, json or jsonl (default: from the file name, otherwise from the content)')
    .option('--encoding <name>', 'encoding of a file that is neither UTF-8 nor UTF-16, such as windows-1252')
    .option('--role <role>', 'role for rows that have none')
    .option('--existing <action>', 'if somebody else created an account: fail, or adopt it', 'fail')
    .option('--allow-demotion', 'lower a role that is higher than the one in the file')
    .option('--exact-groups', 'take each person out of all groups that their row does not list')
    .option('--create-groups', 'create the groups that the portal does not have')
    .option('--keep-higher', 'accept a role that is higher than the one in the file: exit 0 instead of 5')
    .option('--no-mail', 'send no activation mails')
    .option('--skip-invalid', 'leave out rows with problems, list them, and import the others')
    .option('--dry-run', 'look up everybody at the portal, show what would happen, and write nothing')
    .option('--max-paid <number>', 'start nothing if the import needs more paid seats')
    .option(
      '--out <file>',
      'write a copy of the file with the result of each row, and another with the rows to fix',
      callerPath,
    )
    .option('--force', 'let --out replace a file that was not written for this input, or was edited since')
    .option('--detach', 'start the import, and do not wait')
    .option('--yes', 'do not ask for confirmation'),
).action(
  action(async (problems, file, options) => {
    const { format, encoding, role, existing, mail, maxPaid, out, dryRun, detach } = options;
    const { allowDemotion, exactGroups, createGroups } = options;
    const { parseExisting, parseRoleName, readStarterSettings } = await import('../flags.js');
    const [{ formats, isEncoding }, { writeProblems }, { readImportFile }] = await Promise.all([
      import('../../people/read.js'),
      import('../../people/result/result-path.js'),
      import('./read-import.js'),
    ]);
    if (file !== '-' && !existsSync(file)) problems.push(`there is no file ${file}`);
    else if (file !== '-' && statSync(file).isDirectory()) problems.push(`${file} is a folder, not a file`);
    const knownFormat = formats.find((each) => each === format?.toLowerCase());
    if (format !== undefined && !knownFormat)
      problems.push(`--format is one of ${formats.join(', ')}, not "${format}"`);
    if (maxPaid !== undefined && !/^\d+$/.test(maxPaid)) problems.push(`--max-paid is a number, not "${maxPaid}"`);
    if (encoding !== undefined && !isEncoding(encoding))
      problems.push(`--encoding ${encoding} is unknown; try windows-1252, windows-1251 or macintosh`);
    if (out !== undefined) problems.push(...writeProblems(out, file));
    if (out !== undefined && detach)
      problems.push('--out and --detach exclude each other, because --detach does not wait for the result');
    if (dryRun && detach) problems.push('--dry-run and --detach exclude each other, because a dry run starts nothing');
    const request = {
      ...options,
      file,
      format: knownFormat,
      role: role === undefined ? undefined : parseRoleName(role, problems, '--role: '),
      maxPaid: maxPaid === undefined ? undefined : Number(maxPaid),
      options: {
        existing: parseExisting(existing, problems),
        mail,
        ...(allowDemotion && { allowDemotion }),
        ...(exactGroups && { exactGroups }),
        ...(createGroups && { createGroups }),
      },
    };
    const settings = readStarterSettings(problems);
    const people = await readImportFile(request);
    if (dryRun) return (await import('./dry-run.js')).dryRun({ ...request, settings }, people);
    return (await import('./import.js')).importPeople({ ...request, settings }, people);
  }),
);
