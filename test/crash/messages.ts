import type { Message } from './relay.js';

/** Tells the gRPC messages apart. */

/** Bytes. A response without a task is smaller. */
const emptyAnswer = 100;

/** Assigns a step to a worker: in the response to a poll, or to the workflow task that scheduled the step. */
export const handsOverStep = ({ method, part, bytes }: Message): boolean =>
  part === 'answer' &&
  bytes > emptyAnswer &&
  (method === 'PollActivityTaskQueue' || method === 'RespondWorkflowTaskCompleted');

/** Reports the result of a step to the server, or acknowledges it to the worker. */
export const isReport = (wanted: Message['part']) => (message: Message) =>
  message.method === 'RespondActivityTaskCompleted' && message.part === wanted;

/** Reports the next command to the server, or acknowledges it to the worker. */
export const isDecision = (wanted: Message['part']) => (message: Message) =>
  message.method === 'RespondWorkflowTaskCompleted' && message.part === wanted;

/** Acknowledges the heartbeat of a step to the worker, so the server has its note. */
export const isHeartbeat = ({ method, part }: Message): boolean =>
  method === 'RecordActivityTaskHeartbeat' && part === 'answer';
