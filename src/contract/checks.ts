import { parseRole, roles } from '../domain/roles.js';
import { isObject, isOneOf, isText, type Check } from '../utils/checks.js';
import { attentionReasons } from './attention-reasons.js';

/** Runtime checks for what anybody can send to a run: the Web UI and the Temporal CLI send what was typed. */

export const isShownRole = isOneOf([...roles, 'Owner']);
export const isRole: Check = (value) => typeof value === 'string' && parseRole(value) !== undefined;
export const attentionMembers = { reason: isOneOf(attentionReasons), message: isText, hint: isText };
export const isAttention = isObject({ ...attentionMembers, since: isText });

const maxIdLength = 1_000;

/** If a run signals an id that the server refuses, its workflow task fails again and again. */
export const isWorkflowId: Check = (value) =>
  typeof value === 'string' && value !== '' && value.length <= maxIdLength && !/\p{Surrogate}/u.test(value);
