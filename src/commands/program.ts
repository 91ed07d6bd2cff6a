/** The command line: every command is a file beside this and a line here. Heavy modules load when a command runs. */
import { Command } from '@commander-js/extra-typings';
import { defineCapture } from './capture.js';
import { defineDoctor } from './doctor.js';
import { defineDown } from './down.js';
import { defineExec } from './exec.js';
import { defineGraph } from './graph.js';
import { defineInit } from './init.js';
import { defineLink } from './link.js';
import { defineList } from './list.js';
import { defineNat } from './nat.js';
import { definePlan } from './plan.js';
import { defineRender } from './render.js';
import { defineReplay } from './replay.js';
import { defineRun } from './run.js';
import { defineSchema } from './schema.js';
import { defineShell } from './shell.js';
import { defineStatus } from './status.js';
import { defineTrace } from './trace.js';
import { defineUp } from './up.js';
import { defineValidate } from './validate.js';
import { defineVerify } from './verify.js';
import { defineWatch } from './watch.js';

const COMMANDS = [
  defineUp,
  definePlan,
  defineVerify,
  defineReplay,
  defineDown,
  defineList,
  defineStatus,
  defineExec,
  defineShell,
  defineCapture,
  defineWatch,
  defineTrace,
  defineNat,
  defineLink,
  defineRun,
  defineValidate,
  defineRender,
  defineGraph,
  defineSchema,
  defineDoctor,
  defineInit,
];

export function buildProgram(version: string, withCompletion: boolean): Command {
  const program = new Command('labnet')
    .description(
      'A virtual WAN from one YAML file: brought up without root, proven with pings and captures, gone without a trace.',
    )
    .version(version)
    .enablePositionalOptions()
    .showHelpAfterError("(see 'labnet --help')")
    .addHelpText(
      'after',
      '\nExample:\n  $ labnet init lab.yaml && labnet up lab.yaml --verify && labnet down',
    );
  for (const define of COMMANDS) define(program);
  // Stands in the help; the real one is put in its place when it is asked for (cli.ts).
  if (!withCompletion)
    program
      .command('completion')
      .argument('<shell>')
      .description('print the completion script for bash, zsh or fish');
  return program;
}
