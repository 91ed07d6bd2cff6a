import test from 'ava';
import type { Command } from 'commander';
import { buildProgram } from '../../../src/commands/program.js';
import { meantBy } from '../../../src/commands/unknown.js';

/** What labnet says of a command line, in one line. */
function said(...words: readonly string[]): string {
  const program = buildProgram('0', words[0]) as unknown as Command;
  for (const command of [program, ...program.commands])
    command.configureOutput({ writeErr: () => undefined });
  try {
    program.parse(words, { from: 'user' });
    return '';
  } catch (error) {
    return (error as Error).message.replace('\n', ' ');
  }
}

test('a command without the one that it belongs to is named whole', (t) => {
  t.is(
    said('partition', 'a', '/', 'b'),
    "error: unknown command 'partition' (did you mean 'labnet link partition'?)",
  );
  t.is(said('help', 'partition'), said('partition'));
  t.is(said('heal'), "error: unknown command 'heal' (did you mean 'labnet link heal'?)");
  t.is(
    said('set', 'r', 'preset=symmetric'),
    "error: unknown command 'set' (did you mean 'labnet nat set' or 'labnet link set'?)",
  );
});

test('a command of another one, or of none, is named too', (t) => {
  t.regex(said('nat', 'partition'), /'labnet link partition'/);
  t.regex(said('link', 'flush', 'router'), /unknown command 'flush' \(did you mean 'labnet nat flush'\?\)/);
  t.regex(said('nat', 'verify'), /'labnet verify'/);
});

test('a slip of the finger, beside the command first', (t) => {
  t.regex(said('upp'), /'upp' \(did you mean 'labnet up'\?\)/);
  t.regex(said('link', 'partitoin', 'a', '/', 'b'), /'labnet link partition'/);
  t.regex(said('partitoin', 'a', '/', 'b'), /'labnet link partition'/);
  t.regex(said('nat', 'sett'), /'labnet nat set'\?/);
});

test('what other tools call it', (t) => {
  t.regex(said('destroy'), /'labnet down'/);
  t.regex(said('ssh', 'alice'), /'labnet shell'/);
});

test('a word like no command gets no guess', (t) => {
  t.is(said('zebra'), "error: unknown command 'zebra'");
  t.deepEqual(meantBy('x'.repeat(10_000), ['up']), []);
});
