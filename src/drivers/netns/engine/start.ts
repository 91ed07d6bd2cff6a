/** Where an engine begins, as a worker or a process: from its bundle, which takes a third of the time. */
import { openBundle } from '../../../sys/bundle.js';

if (!openBundle('engine')?.load()) await import('./main.js');
