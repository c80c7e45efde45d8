export { onboardUser } from './onboarding/onboard-user.js';
export { onboardBatch } from './batch/onboard-batch.js';
export { onboardPart } from './batch/onboard-chunk.js';
