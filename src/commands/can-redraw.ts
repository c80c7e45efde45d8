import { isDumbTerminal } from '../program/settings/environment.js';

/** Whether lines can be redrawn in place. A dumb terminal, such as that of an editor, cannot move its cursor. */
export const canRedraw = (stream: NodeJS.WriteStream): boolean => stream.isTTY && !isDumbTerminal();
