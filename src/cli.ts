#!/usr/bin/env node
import './heap.js';
import type * as Main from './main.js';
import { openBundle } from './sys/bundle.js';

const { main } = (openBundle('labnet')?.load() ?? (await import('./main.js'))) as typeof Main;
await main();
