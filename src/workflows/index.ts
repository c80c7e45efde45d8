export { onboardUser } from './onboard-user.js';
export { onboardBatch } from './onboard-batch.js';
export { onboardPart } from './onboard-part.js';
