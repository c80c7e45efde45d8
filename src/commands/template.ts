import { exitCodes, throwProblems } from '../program/exit.js';
import { print } from '../terminal/print.js';
import { action, createCommand } from './command.js';

/** An example file for `import`: one person for each role. */
const template = `first name,last name,email,role
Ann,Lee,ann.lee@example.com,Guest
Jane,Roe,jane.roe@example.com,User
John,Doe,john.doe@example.com,Manager
Mary,O'Neil,mary.oneil@example.com,DocSpaceAdmin`;

export const templateCommand = createCommand('template', 'Print a CSV to start from.', [
  'template > people.csv',
]).action(
  action(async (problems) => {
    throwProblems(problems);
    print(template);
    return exitCodes.done;
  }),
);
