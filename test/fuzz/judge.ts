/** How labnet answers an input, and what may not be said of any answer. */
import { render } from '../../src/apply/render.js';
import type { Diagnostic } from '../../src/core/diagnostic.js';
import { CODES, isError } from '../../src/core/diagnostic.js';
import { LabnetError } from '../../src/core/errors.js';
import type { Lab } from '../../src/model/lab.js';
import { resolve } from '../../src/model/resolve.js';
import { planLab } from '../../src/plan/build.js';
import { diagnosticsText } from '../../src/report/diagnostics.js';
import { styleFor } from '../../src/report/style.js';
import { parseTopology } from '../../src/topology/parse.js';
import { strangeLine } from './inert.js';
import { wrongPicture } from './pictures.js';
import type { Phase } from './pool.js';

export type Answer = {
  readonly codes: readonly string[];
  readonly lab?: Lab;
};

/** An answer that nobody should get. */
export class Complaint extends Error {
  override readonly name = 'Complaint';
}

const FILE = 'fuzz.yaml';
const DRIVERS = ['netns', 'ssh', 'vagrant'] as const;
const PLAIN = styleFor({});

type Enter = (phase: Phase) => void;

/**
 * What takes little: every input is read and understood, and what is said of it is looked at.
 * @param enter told what is being done
 * @throws Complaint, or whatever labnet throws where it should not
 */
export function judge(text: string, enter: Enter = () => undefined): Answer {
  enter('reading');
  const parsed = parseTopology(text, FILE);
  enter('understanding');
  const { lab, diagnostics } = resolve(parsed);
  enter('saying');
  const codes = [...new Set(diagnostics.map(({ code }) => code))];
  judgeDiagnostics(text, diagnostics);
  if ((lab === undefined) !== diagnostics.some(isError))
    throw new Complaint('neither a lab nor an error, or both');
  if (PROTOTYPES.some((one, index) => Reflect.ownKeys(one).length !== OWN_KEYS[index]))
    throw new Complaint('a prototype that is not what it was');
  if (!lab) return { codes };
  judgeLab(lab);
  return { codes, lab };
}

/** What a key of a file could reach, and how much it has. */
const PROTOTYPES: readonly object[] = [Object, Array, String, Number, Boolean, Function, Map, Set].flatMap(
  (one): object[] => [one, one.prototype as object],
);
const OWN_KEYS = PROTOTYPES.map((one) => Reflect.ownKeys(one).length);

/**
 * What takes longer: a lab is planned, drawn, and written down for one of the drivers.
 * @param baseDir where the topology's own scripts would be
 * @returns the driver that has written it down
 */
export async function judgeWritten(
  lab: Lab,
  text: string,
  baseDir: string,
  enter: Enter = () => undefined,
): Promise<string | undefined> {
  enter('planning');
  judgePlan(lab);
  // As the record on disk has it.
  const recorded = JSON.stringify(lab);
  if (JSON.stringify(JSON.parse(recorded)) !== recorded) throw new Complaint('a lab that changes on disk');
  if (!isSmall(lab)) return undefined;
  enter('drawing');
  const wrong = wrongPicture(lab, text.length % 2 === 0);
  if (wrong !== undefined) throw new Complaint(wrong);
  // One of them for each input: there are enough inputs.
  const driver = DRIVERS[text.length % DRIVERS.length] ?? 'netns';
  enter(`rendering for ${driver}`);
  return (await isWritten(lab, driver, baseDir)) ? driver : undefined;
}

/** A longer message would be a piece of the file. */
const LONGEST = 1_500;
/** All that is said of a file. */
const MOST = 4 << 20;
/** What only a program says. */
const NONSENSE = /undefined|\[object |NaN|function/i;
/** Whatever a terminal would obey. */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

function judgeDiagnostics(text: string, diagnostics: readonly Diagnostic[]): void {
  const lines = text.split(/\r\n?|\n/);
  for (const one of diagnostics) {
    const problem = problemOf(one, lines) ?? (NONSENSE.test(text) ? undefined : nonsenseIn(one));
    if (problem !== undefined)
      throw new Complaint(`a diagnostic ${problem}: ${one.code}: ${one.message.slice(0, 200)}`);
  }
  const size = diagnostics.reduce((sum, { message, at }) => sum + message.length + (at?.text.length ?? 0), 0);
  if (size > MOST) throw new Complaint(`${diagnostics.length} diagnostics of ${size} characters`);
  if (CONTROL.test(diagnosticsText(diagnostics, PLAIN)))
    throw new Complaint('control characters for the terminal');
}

function problemOf(
  { code, severity, message, fix, at }: Diagnostic,
  lines: readonly string[],
): string | undefined {
  if (severity !== CODES[code][0]) return 'of another severity than its code';
  if (message.trim() === '') return 'without a message';
  if (message.length > LONGEST) return `of ${message.length} characters`;
  if (fix === undefined || fix.trim() === '') return 'without a fix';
  if (fix.length > LONGEST) return `with a fix of ${fix.length} characters`;
  if (!at) return 'without a place';
  const line = lines[at.line - 1];
  if (line === undefined) return `in line ${at.line} of ${lines.length}`;
  if (code !== 'file-too-large' && at.text !== line.slice(0, 2_000))
    return `that shows another line than ${at.line}`;
  const isInside = at.column >= 1 && at.column <= line.length + 1 && at.length >= 1;
  return isInside ? undefined : `at column ${at.column}, ${at.length} long, of ${at.text.length}`;
}

const nonsenseIn = ({ message, fix = '' }: Diagnostic): string | undefined =>
  NONSENSE.test(message) || NONSENSE.test(fix) ? `that makes no sense (fix: ${fix})` : undefined;

const NAME = /^[A-Za-z][A-Za-z0-9-]*$/;
const ADDRESS = /^[0-9a-f.:]+\/\d+$/;

function judgeLab(lab: Lab): void {
  const names = [lab.name, ...lab.segments.map(({ name }) => name), ...lab.machines.map(({ name }) => name)];
  const bad = names.find((name) => !NAME.test(name));
  if (bad !== undefined) throw new Complaint(`a lab with the name ${JSON.stringify(bad)}`);
  for (const { name, interfaces } of lab.machines)
    for (const { addresses, mac } of interfaces)
      if (
        addresses.length === 0 ||
        !addresses.every((one) => ADDRESS.test(one)) ||
        !/^02(:[0-9a-f]{2}){5}$/.test(mac)
      )
        throw new Complaint(`${name} has the addresses ${addresses.join(', ')} and ${mac}`);
}

/** Planned as for an engine, which is handed some machines at a time; a large lab takes longer, as there is more of it. */
function judgePlan(lab: Lab): void {
  let planned = 0;
  const { machines, total } = planLab(lab);
  for (const { addresses } of machines) {
    planned++;
    if (addresses.length === 0) throw new Complaint('a machine without an address in the plan');
    if (planned >= PLANNED) return;
  }
  if (planned !== total) throw new Complaint(`${planned} machines planned of ${total}`);
}
const PLANNED = 64;

/** Larger labs take their time to be written down: every machine has a text with all others in it. */
function isSmall({ machines, segments }: Lab): boolean {
  const sizes = [
    machines.length ** 2,
    segments.length,
    machines.reduce((sum, { routes, interfaces }) => sum + routes.length + interfaces.length, 0),
    machines.reduce((sum, { nat }) => sum + nat.length ** 2, 0),
  ];
  return Math.max(...sizes) <= 10_000;
}

async function isWritten(lab: Lab, driver: (typeof DRIVERS)[number], baseDir: string): Promise<boolean> {
  try {
    for (const file of await render(lab, { driver, baseDir })) {
      const strange = strangeLine(file);
      if (strange !== undefined)
        throw new Complaint(`${file.path} has a line that says more than it should: ${strange}`);
    }
    return true;
  } catch (error) {
    // What this driver does not do, or a script that is not there.
    if (!(error instanceof LabnetError)) throw error;
    judgeRefusal(error);
    return false;
  }
}

function judgeRefusal({ diagnostics }: LabnetError): void {
  for (const { code, message, fix = '' } of diagnostics)
    if (message.trim() === '' || message.length > LONGEST || fix.trim() === '')
      throw new Complaint(`a refusal without a message or a fix: ${code}: ${message.slice(0, 200)}`);
}
