#!/usr/bin/env node
import './heap.js';
import type * as Main from './main.js';
import { keptFor, openBundle } from './sys/bundle.js';

const { main } = (openBundle(keptFor(process.argv[2]))?.load() ?? (await import('./main.js'))) as typeof Main;
await main();
