// Node sees rrule as CommonJS without named exports, which @thebookingkit/core expects of it (bundlers do): run.mjs sends its
// import here.
import { createRequire } from 'node:module';

export const { RRule, RRuleSet, rrulestr } = createRequire(import.meta.url)('rrule');
