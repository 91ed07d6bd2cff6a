/** Programs and files that tell of a text that was run. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toolPath } from '../../src/sys/tools.js';
import { temporaryFolder } from '../helpers/folder.js';

export type Canaries = {
  /** Finds the programs first. */
  readonly env: NodeJS.ProcessEnv;
  /** Throws where one of the programs was called, or left what the texts would have it leave. */
  readonly assertSilent: (files: readonly string[]) => void;
};

/** What the texts of words.yaml would run; no script of labnet's does, in a namespace. */
const PROGRAMS = ['touch', 'PWNED', 'reboot', 'id'];

export function canaries(programs: readonly string[] = PROGRAMS): Canaries {
  const folder = temporaryFolder('canaries');
  const record = join(folder, 'called');
  for (const program of programs) {
    const path = join(folder, program);
    writeFileSync(path, `#!/bin/sh\nprintf '%s\\n' "${program} $*" >>'${record}'\n`);
    chmodSync(path, 0o755);
  }
  return {
    env: { PATH: `${folder}:${toolPath()}`, LC_ALL: 'C.UTF-8' },
    assertSilent: (files) => {
      if (existsSync(record)) throw new Error(`called: ${readFileSync(record, 'utf8')}`);
      const left = files.filter((file) => file === 'PWNED');
      if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
    },
  };
}
