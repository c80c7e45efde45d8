#!/usr/bin/env node
import './program/hide-arguments.js';
import { Command, CommanderError } from '@commander-js/extra-typings';
import { cancelCommand } from './commands/cancel/command.js';
import { devCommand } from './commands/dev.js';
import { doctorCommand } from './commands/doctor/command.js';
import { importCommand } from './commands/import/command.js';
import { onboardCommand } from './commands/onboard/command.js';
import { enterCommand, joinCommand, leaveCommand } from './commands/places/command.js';
import { retryCommand } from './commands/retry/command.js';
import { roleCommand } from './commands/role/command.js';
import { sandboxCommand } from './commands/sandbox.js';
import { statusCommand } from './commands/status/command.js';
import { templateCommand } from './commands/template.js';
import { exitCodes, exitWith, type ExitCode } from './program/exit.js';

/** The program that people run. A command loads Temporal only after its input was checked, so help is quick. */
const program = new Command('docspace-onboarding')
  .description('Adds people to an ONLYOFFICE DocSpace portal with the right role, one at a time or from a file.')
  .exitOverride()
  // Commands inherit this, and report excess arguments together with every other problem.
  .allowExcessArguments()
  .showHelpAfterError('(--help lists commands and options)');

for (const command of [
  onboardCommand,
  importCommand,
  roleCommand,
  joinCommand,
  leaveCommand,
  enterCommand,
  statusCommand,
  retryCommand,
  cancelCommand,
  devCommand,
  sandboxCommand,
  doctorCommand,
  templateCommand,
]) {
  program.addCommand(command.copyInheritedSettings(program));
}

await exitWith(async () => {
  try {
    await program.parseAsync();
    return (process.exitCode ?? exitCodes.done) as ExitCode;
  } catch (error) {
    // Commander has already printed the help or the problem.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    throw error;
  }
});
