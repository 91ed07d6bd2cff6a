#!/usr/bin/env node
/** Where `labnet` begins as it is installed: with its bundle and, unlike cli.ts, as one file without modules to find. */
import { setHeapFor } from './heap.js';
import type * as Main from './main.js';
import { keptFor, openBundle } from './sys/bundle.js';

const kept = keptFor(process.argv[2]);
setHeapFor(kept);
const { main } = openBundle(kept, require)?.load() as typeof Main;
void main();
