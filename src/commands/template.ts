import { exitCodes, type ExitCode } from '../program/exit.js';
import { noProblems } from '../program/settings.js';
import { print } from '../terminal/print.js';

/** A file that `import` takes as it is: a person of each role. */
const template = `first name,last name,email,role
Ann,Lee,ann.lee@example.com,Guest
Jane,Roe,jane.roe@example.com,User
John,Doe,john.doe@example.com,Manager
Mary,O'Neil,mary.oneil@example.com,DocSpaceAdmin`;

export async function printTemplate(problems: readonly string[]): Promise<ExitCode> {
  noProblems(problems);
  print(template);
  return exitCodes.done;
}
