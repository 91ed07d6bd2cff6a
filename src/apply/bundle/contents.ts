/** The files of a bundle: everything to repeat a run and to compare it with. */
import { Buffer } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { badInput, failure, messageOf } from '../../core/errors.js';
import { boxesOf } from '../../drivers/vagrant/boxes.js';
import type { Lab } from '../../model/lab.js';
import { RULE_FILES, ruleTexts } from '../../render/rules.js';
import type { Files } from '../../transport/archive.js';
import type { Session } from '../../transport/session.js';
import type { CheckedRun } from '../report/collect.js';
import { loadTopology } from '../topology-file.js';
import { readText } from '../topology-text.js';
import { evidenceFile } from './evidence.js';
import { liveOf } from './live.js';
import type { BundleAbout } from './manifest.js';

export const TOPOLOGY = 'topology.yaml';
/** Bytes of a provision script. */
const LARGEST_SCRIPT = 8 << 20;

export type Contents = { readonly about: BundleAbout; readonly files: Files };

type Had = { readonly files: Files; readonly notes: readonly string[] };

/**
 * The text of the topology file that a lab was made from.
 * @throws LabnetError lab-changed where the file has changed since, bad-usage where the lab was made without a file
 */
export async function topologyOf(lab: Lab, file: string): Promise<string> {
  if (file === '')
    throw badInput(
      'bad-usage',
      `lab ${lab.name} was not made from a file`,
      'bring it up from a file to bundle it',
    );
  const { lab: now } = await loadTopology(file);
  const text = readText(file);
  if (typeof text !== 'string' || JSON.stringify(now) !== JSON.stringify(lab))
    throw failure(
      'lab-changed',
      `${file} has changed since lab ${lab.name} was made from it`,
      `'labnet up ${basename(file)}' changes the lab to match the file`,
    );
  return text;
}

/** @param topology the text of the topology file */
export async function contentsOf(
  run: CheckedRun,
  topology: string,
  session: Session,
  kinds: readonly string[] | undefined,
): Promise<Contents> {
  const { lab, file, report, versions } = run;
  const live = await liveOf(lab, session);
  const scripts = scriptsOf(lab, dirname(file));
  const evidence = evidenceFile(run.captured);
  const boxes = versions.driver === 'vagrant' ? await boxesOf(lab) : undefined;
  const json = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 1)}\n`);
  const files: [string, Buffer][] = [
    [TOPOLOGY, Buffer.from(topology)],
    ['model.json', json(lab)],
    ['verdicts.json', json({ schema: 'labnet.verify/1', ...report })],
    ['traces.json', json(Object.fromEntries(run.traces))],
    ['versions.json', json({ ...versions, ...(boxes && { boxes }) })],
    ['evidence.pcapng', evidence.pcapng],
    ...renderedOf(lab),
    ...live.files,
    ...scripts.files,
  ];
  const about: BundleAbout = {
    lab: lab.name,
    file: lab.file,
    created: run.started,
    driver: versions.driver,
    ...(kinds && { kinds: [...kinds] }),
    scripts: scripts.known,
    notes: [
      ...live.notes,
      ...scripts.notes,
      ...(evidence.left > 0
        ? [`evidence.pcapng has the first ${evidence.packets} packets, ${evidence.left} were too many`]
        : []),
    ],
  };
  return { about, files: new Map(files) };
}

/** The rules that each router should have. */
const renderedOf = (lab: Lab): [string, Buffer][] =>
  lab.machines
    .filter(({ kind }) => kind === 'router')
    .flatMap((machine) => {
      const texts = ruleTexts(machine, lab.file);
      return RULE_FILES.filter((file) => texts[file] !== '').map((file): [string, Buffer] => [
        `rendered/${machine.name}/rules.${file}`,
        Buffer.from(texts[file]),
      ]);
    });

/** Named by numbers, as their own names come from the topology and are not safe as paths. */
function scriptsOf(lab: Lab, folder: string): Had & { readonly known: BundleAbout['scripts'] } {
  const files = new Map<string, Buffer>();
  const notes: string[] = [];
  const known: { path: string; name: string }[] = [];
  for (const name of new Set(lab.machines.flatMap(({ provision }) => provision))) {
    const read = readScript(resolve(folder, name));
    if (typeof read === 'string') notes.push(`the script ${name} is not there: ${read}`);
    else {
      const path = `scripts/${known.length + 1}`;
      files.set(path, read);
      known.push({ path, name });
    }
  }
  return { files, notes, known };
}

function readScript(path: string): Buffer | string {
  try {
    const found = statSync(path);
    if (!found.isFile()) return 'it is no file';
    return found.size > LARGEST_SCRIPT ? 'it is too large' : readFileSync(path);
  } catch (error) {
    return messageOf(error);
  }
}
