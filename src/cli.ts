#!/usr/bin/env node
import { setHeapFor } from './heap.js';
import type * as Main from './main.js';
import { keptFor, openBundle } from './sys/bundle.js';

const kept = keptFor(process.argv[2]);
setHeapFor(kept);
const { main } = (openBundle(kept)?.load() ?? (await import('./main.js'))) as typeof Main;
await main();
