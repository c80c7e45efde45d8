/** The public contract, exported as `docspace-onboarding/contract`. */
export * from './attention-reasons.js';
export * from './batch.js';
export * from './kept-results.js';
export * from './onboarding.js';
export * from './places.js';
export * from './role-change.js';
export * from './search-attributes.js';
export * from './steps.js';
