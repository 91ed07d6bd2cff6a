/**
 * Imported before anything else: a heap that is collected often instead of growing. Short-lived data of a large lab
 * would otherwise be kept until tens of megabytes of it have come together (node --v8-options).
 */
import { setFlagsFromString } from 'node:v8';

for (const flag of ['--optimize-for-size', '--max-semi-space-size=2', '--semi-space-growth-factor=1']) {
  setFlagsFromString(flag);
}
