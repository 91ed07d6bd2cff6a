/** The command line. Each command is a file beside this one and a line here. Large modules are loaded when a command runs. */
import { Command } from '@commander-js/extra-typings';
import type { Command as Program } from 'commander';
import { stderr, stdout } from '../sys/standard.js';
import { defineCapture } from './capture.js';
import { ownFirst, withExample } from './common.js';
import { defineCompletion } from './completion.js';
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
import { suggestCommands } from './unknown.js';
import { defineUp } from './up.js';
import { defineValidate } from './validate.js';
import { defineVerify } from './verify.js';
import { defineWatch } from './watch.js';

/** In the order of the help, by purpose. */
const COMMANDS = {
  'Labs:': {
    up: defineUp,
    plan: definePlan,
    verify: defineVerify,
    down: defineDown,
    list: defineList,
    status: defineStatus,
  },
  'In a lab that runs:': {
    exec: defineExec,
    shell: defineShell,
    capture: defineCapture,
    trace: defineTrace,
    watch: defineWatch,
    nat: defineNat,
    link: defineLink,
  },
  'Experiments:': { run: defineRun, replay: defineReplay },
  'Files:': {
    init: defineInit,
    validate: defineValidate,
    render: defineRender,
    graph: defineGraph,
    schema: defineSchema,
  },
  'This computer:': { doctor: defineDoctor, completion: defineCompletion },
} as const;

const NAMES: ReadonlySet<string> = new Set(Object.values(COMMANDS).flatMap((group) => Object.keys(group)));

/** @param first of a command line: where it is a command, the others are left out, as to define all takes longer than to run most */
export function buildProgram(version: string, first = ''): Command {
  const program = new Command('labnet')
    .description(
      'A virtual WAN from one YAML file: brought up without root, checked with real packets, removed without a trace.',
    )
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .enablePositionalOptions()
    .configureHelp(ownFirst)
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getOutHelpWidth: () => stdout.columns,
      getErrHelpWidth: () => stderr.columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    // main.ts decides about the exit code: a wrong command line is bad input, help and version are not.
    .exitOverride();
  withExample(program, 'labnet init lab.yaml && labnet up lab.yaml --verify && labnet down');
  for (const [heading, commands] of Object.entries(COMMANDS)) {
    program.commandsGroup(heading);
    for (const [name, define] of Object.entries(commands))
      if (!NAMES.has(first) || name === first) define(program);
  }
  suggestCommands(program as unknown as Program, () => buildProgram(version) as unknown as Program);
  return program.helpCommand('help [command]', 'show the help of a command');
}
