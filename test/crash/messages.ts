import type { Message } from './relay.js';

/** Which message is which. */

/** An answer that carries no task is smaller, in bytes. */
const emptyAnswer = 100;

/** Hands a step to a worker: as the answer to its poll, or to the decision that the step is next. */
export const handsOverStep = ({ method, part, bytes }: Message): boolean =>
  part === 'answer' &&
  bytes > emptyAnswer &&
  (method === 'PollActivityTaskQueue' || method === 'RespondWorkflowTaskCompleted');

/** Tells the server how a step ended, or the worker that the server knows. */
export const isReport = (wanted: Message['part']) => (message: Message) =>
  message.method === 'RespondActivityTaskCompleted' && message.part === wanted;

/** Tells the server what comes next, or the worker that the server knows. */
export const isDecision = (wanted: Message['part']) => (message: Message) =>
  message.method === 'RespondWorkflowTaskCompleted' && message.part === wanted;
