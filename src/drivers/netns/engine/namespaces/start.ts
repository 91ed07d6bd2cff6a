/** Where the thread that makes namespaces begins: from its bundle, as the engine does (engine/start.ts). */
import { openBundle } from '../../../../sys/bundle.js';

if (!openBundle('namespaces')?.load()) await import('./thread.js');
