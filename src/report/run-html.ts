/** The results of a scenario as one page. */
import type { RunReport } from '../apply/run/index.js';

export const runHtml = (report: RunReport): string => `<!doctype html><title>${report.name}</title>`;
