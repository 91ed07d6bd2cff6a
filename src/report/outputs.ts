/** What each command prints with --json, as schemas: one object, with its schema's name and version in `schema`. */
import * as z from 'zod';
import { DEPENDENCES, POOLINGS, PORTS, TIMEOUTS } from '../core/nat-words.js';
import { traceOutput } from './trace-output.js';

const place = z.object({
  file: z.string(),
  line: z.int(),
  column: z.int(),
  length: z.int(),
  text: z.string().describe('the line; of a very long one the beginning'),
});
const diagnostic = z.object({
  code: z.string().describe('docs/diagnostics.md lists them'),
  severity: z.enum(['error', 'warning']),
  message: z.string(),
  at: place.optional(),
  fix: z.string().optional(),
});
const milliseconds = z.int().describe('milliseconds');
const summary = z.object({
  name: z.string(),
  driver: z.string(),
  file: z.string().describe('absolute; empty for a lab made from data'),
  created: z.iso.datetime(),
});
const verdict = z.object({
  id: z.string().describe('stable for a lab: published/proxyA'),
  kind: z.string().describe('docs/checks.md lists them'),
  status: z.enum(['pass', 'fail', 'error']).describe('error: it could not be judged'),
  expectation: z.string(),
  observed: z.string(),
  cause: z.string().optional().describe('the likeliest cause of a failure'),
  evidence: z.array(z.string()),
  line: z.int().optional().describe('of the topology'),
});
const value = z.union([z.string(), z.number(), z.boolean()]);
const values = z.record(z.string(), value).describe('of the variables of the sweep');
const runStatus = z.enum(['passed', 'failed', 'stopped']);
const runStep = z.object({
  id: z.string().describe('NAME, or NAME#TURN'),
  name: z.string(),
  text: z.string(),
  status: z.enum(['pass', 'fail', 'error', 'skipped']),
  isGood: z.boolean().describe('whether it ended as it has to'),
  isOutcome: z.boolean().describe('whether the summary counts it'),
  detail: z.string(),
  outcome: z.string().optional(),
  planned: z.number().optional().describe('milliseconds since the run began, as the next two'),
  started: z.number().optional(),
  ended: z.number().optional(),
  line: z.int(),
});
const runResult = z.object({
  index: z.int(),
  values,
  repeat: z.int(),
  seed: z.int(),
  status: runStatus,
  lab: z.string().describe('the name of the lab it had'),
  folder: z.string(),
  duration: milliseconds,
  steps: z.array(runStep),
  problems: z.array(diagnostic),
});
const summaryRow = z.object({
  values,
  runs: z.int(),
  passed: z.int(),
  measures: z.array(
    z.object({
      name: z.string(),
      unit: z.string(),
      n: z.int(),
      median: z.number(),
      q1: z.number(),
      q3: z.number(),
      min: z.number(),
      max: z.number(),
    }),
  ),
  outcomes: z.array(z.object({ step: z.string(), counts: z.record(z.string(), z.int()) })),
});
const dependence = z.enum(DEPENDENCES);
const preset = z.object({
  about: z.string(),
  source: z.string(),
  behaviour: z.object({
    mapping: dependence,
    filtering: dependence,
    hairpin: z.boolean(),
    ports: z.enum(PORTS),
    seed: z.int().optional(),
    blockSize: z.int(),
    pooling: z.enum(POOLINGS),
    timeouts: z.record(z.enum(TIMEOUTS), z.int().describe('seconds')),
    icmpErrors: z.boolean(),
  }),
});
const trait = z.object({
  trait: z.string().describe('such as udp mapping'),
  declared: z.string(),
  observed: z.array(z.string()).describe('what fits; several where it cannot be told apart'),
  status: z.enum(['pass', 'fail', 'error']),
  shows: z.string().describe('what was seen'),
});
const pairing = z.object({
  a: z.string(),
  b: z.string(),
  protocol: z.enum(['udp', 'tcp']),
  connects: z.boolean(),
  expected: z.boolean().describe('by the behaviour of both'),
  error: z.string().optional(),
});
const rule = z.object({ rule: z.string(), packets: z.int(), bytes: z.int() });

const planned = z.object({
  change: z.enum(['added', 'removed', 'changed']),
  machine: z.string().optional().describe('left out for a segment'),
  text: z.string(),
  reason: z.enum(['file', 'hand']).describe('hand: the machine is not what it was made'),
  details: z.array(z.string()).optional().describe('of rules the mappings'),
});
const observed = z
  .boolean()
  .describe('false where machines could not be looked at, and records were compared');

const linkLine = z.object({
  machine: z.string(),
  segment: z.string(),
  link: z.string().describe('what it is now, in words'),
  file: z.string().optional().describe('what the file says, where it was set otherwise since'),
  measured: z.string().optional(),
  status: z.enum(['pass', 'fail', 'error']).optional().describe('of what was measured'),
});
const written = z.record(z.string(), z.unknown()).describe('as a file has it');
const linkChange = z.object({
  do: z.enum(['set', 'down', 'up', 'partition', 'heal', 'reset']),
  places: z.array(z.string()).optional().describe('MACHINE:SEGMENT, MACHINE or :SEGMENT'),
  settings: z.array(z.string()).optional(),
  groups: z.array(z.array(z.string())).optional(),
});
const reportFolder = z.string().optional().describe('with --report: the folder it was written to');

const spent = z.record(z.string(), z.number()).describe('milliseconds by phase');
const timing = z
  .object({
    total: z.number().describe('milliseconds since the process began'),
    phases: spent,
    engine: spent.describe('of what an engine did meanwhile'),
  })
  .optional()
  .describe('with --timing');

/** The body of each command's output, beside `schema` and `timing`. */
export const OUTPUTS = {
  up: z.object({
    lab: z.string(),
    created: z.boolean().describe('false where it ran already'),
    changes: z.array(planned).describe('what was done to one that ran'),
    hosts: z.int(),
    routers: z.int(),
    segments: z.int(),
    duration: milliseconds,
    warnings: z.array(diagnostic),
  }),
  plan: z.object({
    lab: z.string(),
    driver: z.string(),
    running: z.boolean(),
    observed,
    changes: z.array(planned),
    warnings: z.array(diagnostic),
  }),
  drift: z.object({ lab: summary, observed, changes: z.array(planned) }),
  verify: z.object({
    lab: z.string(),
    duration: milliseconds,
    passed: z.int(),
    failed: z.int(),
    verdicts: z.array(verdict),
    report: reportFolder,
    bundle: z.string().optional().describe('with --bundle: the file it was written to'),
  }),
  mesh: z.object({
    lab: z.string(),
    hosts: z.int(),
    pairs: z.int().describe('ordered pairs of hosts with a way between them'),
    answered: z.int(),
    apart: z.int().describe('pairs with no way, by the topology, which are not asked'),
    sent: z.int().describe('packets'),
    again: z.int().describe('pairs that were asked more than once'),
    duplicates: z.int().describe('answers to what was answered already'),
    lost: z.int(),
    lostPairs: z
      .array(z.object({ from: z.string(), to: z.string(), address: z.string() }))
      .describe('the first of them'),
    duration: milliseconds,
    report: reportFolder,
  }),
  replay: z.object({
    lab: z.string(),
    created: z.iso.datetime().describe('when the bundle was made'),
    equal: z.boolean().describe('every check has the verdict that it had'),
    parts: z.array(
      z.object({
        part: z.enum(['verdicts', 'topology', 'rules', 'live rules', 'settings', 'addresses', 'versions']),
        same: z.int().describe('how many things of it are the same'),
        differs: z.array(z.object({ what: z.string(), before: z.string(), now: z.string() })),
      }),
    ),
    warnings: z.array(diagnostic),
    stateDir: z.string().optional().describe('with --keep: where the lab is recorded'),
  }),
  'nat-list': z.object({ presets: z.record(z.string(), preset) }),
  'nat-probe': z.object({
    lab: z.string(),
    nats: z.array(
      z.object({ router: z.string(), line: z.int(), preset: z.string(), traits: z.array(trait) }),
    ),
  }),
  'nat-matrix': z.object({ presets: z.array(z.string()), pairings: z.array(pairing) }),
  'nat-set': z.object({ lab: z.string(), router: z.string(), settings: z.array(z.string()) }),
  'nat-flush': z.object({ lab: z.string(), router: z.string() }),
  link: z.object({ lab: z.string(), links: z.array(linkLine) }),
  'link-change': z.object({ lab: z.string(), change: linkChange, changes: z.array(planned) }),
  'link-presets': z.object({
    presets: z.record(
      z.string(),
      z.object({
        about: z.string(),
        source: z.string(),
        isSymmetric: z.boolean(),
        both: written,
        up: written.optional(),
        down: written.optional(),
      }),
    ),
  }),
  down: z.object({ labs: z.array(z.string()), duration: milliseconds }),
  list: z.object({ labs: z.array(summary), newer: z.array(diagnostic) }),
  status: z.object({
    lab: summary,
    machines: z.array(
      z.object({
        name: z.string(),
        kind: z.enum(['host', 'router']),
        interfaces: z.array(
          z.object({ name: z.string(), segment: z.string(), addresses: z.array(z.string()) }),
        ),
        gateways: z.array(z.string()),
      }),
    ),
    nat: z.array(
      z.object({
        router: z.string(),
        line: z.int().describe('of the topology; 0 for what follows from the other mappings'),
        title: z.string(),
        rules: z.array(rule),
      }),
    ),
    links: z.array(linkLine),
  }),
  exec: z.object({
    lab: z.string(),
    machine: z.string(),
    exitCode: z.int().nullable().describe('128 and more for a signal'),
    stdout: z.string(),
    stderr: z.string(),
    timedOut: z.boolean(),
    error: z.string().optional().describe('why it could not be started'),
  }),
  validate: z.object({
    valid: z.boolean(),
    diagnostics: z.array(diagnostic),
    scenario: z
      .object({ name: z.string(), runs: z.int(), steps: z.int() })
      .optional()
      .describe('where the file has one: how many runs it asks for, and steps of each'),
    model: z.unknown().optional().describe('with --model: the resolved lab'),
  }),
  render: z.object({ files: z.array(z.object({ path: z.string(), text: z.string() })) }),
  capture: z.object({
    lab: z.string(),
    places: z.array(
      z.object({
        place: z.string().describe('as it was asked for'),
        machine: z.string(),
        segment: z.string().optional(),
        packets: z.int(),
        dropped: z.int().describe('by the kernel, which had no room for them'),
      }),
    ),
    packets: z.int(),
    dropped: z.int(),
    file: z.string().optional(),
  }),
  watch: z.object({
    lab: z.string(),
    url: z.string().describe('opens the page'),
    port: z.int(),
    token: z.string().describe("in the url, or as 'Authorization: Bearer TOKEN'"),
  }),
  trace: traceOutput,
  graph: z.object({
    lab: z.string(),
    format: z.enum(['svg', 'dot', 'mermaid']),
    text: z.string().optional().describe('the picture, where it was not written to a file'),
    file: z.string().optional(),
  }),
  run: z.object({
    name: z.string(),
    folder: z.string().describe('absolute; of the results'),
    seed: z.int(),
    sweep: z.record(z.string(), z.array(value)),
    status: runStatus,
    runs: z.array(runResult),
    summary: z.array(summaryRow).describe('a row for each combination'),
    warnings: z.array(diagnostic),
  }),
  'run-plan': z.object({
    name: z.string(),
    seed: z.int(),
    runs: z.array(
      z.object({
        index: z.int(),
        values,
        repeat: z.int(),
        seed: z.int(),
        steps: z.array(
          z.object({
            id: z.string(),
            at: z.number().optional(),
            after: z.string().optional(),
            delay: z.number().optional(),
            text: z.string(),
            line: z.int(),
          }),
        ),
      }),
    ),
    warnings: z.array(diagnostic),
  }),
  doctor: z.object({
    ready: z.boolean(),
    drivers: z.array(z.object({ driver: z.string(), problems: z.array(diagnostic) })),
    notes: z.array(z.string()),
  }),
  init: z.object({ file: z.string() }),
  error: z
    .object({ diagnostics: z.array(diagnostic) })
    .describe('in place of any other, where a command fails'),
} as const;

export type OutputName = keyof typeof OUTPUTS;

export const schemaName = (name: OutputName): string => `labnet.${name}/1`;

/** The JSON Schema (draft 2020-12) of what a command prints. */
export function outputSchema(name: OutputName): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(
    z.object({ schema: z.literal(schemaName(name)), timing }).extend(OUTPUTS[name].shape),
  );
}
