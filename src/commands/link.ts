import type { Command } from '@commander-js/extra-typings';
import type { LinkChange } from '../index.js';
import type { CommonOptions, LabOptions } from './context.js';
import { common, LAB_ARGUMENT, LAB_OPTION, withExample } from './common.js';
import { run, withLab } from './context.js';

export function defineLink(program: Command): void {
  const link = withExample(
    program.command('link'),
    'labnet link set alice:home-a loss=1% up.rate=2mbit',
  ).description(
    'show the delay, loss and rate of links, declared and measured, and change them while a lab runs',
  );
  common(link.command('show', { isDefault: true }), 'labnet link')
    .description('show the links of a lab with declared and measured values')
    .argument(...LAB_ARGUMENT)
    .option('--no-measure', 'show declared and set values only')
    .action((wanted, { measure, ...options }) => show({ ...options, lab: wanted }, measure));
  defineSettings(link);
  defineCuts(link);
  definePartition(link);
  common(link.command('presets'), 'labnet link presets')
    .description('list the presets with their values and sources')
    .action((options) => presets(options));
}

function defineSettings(link: Command): void {
  common(link.command('set'), 'labnet link set alice:home-a loss=1% up.rate=2mbit')
    .description('change a link while the lab runs; open connections survive')
    .argument('<place>', 'MACHINE:SEGMENT, MACHINE for all of its links, :SEGMENT for all machines on it')
    .argument('<settings...>', "KEY=VALUE with the keys of 'link' in a topology; KEY=none removes one")
    .option(...LAB_OPTION)
    .action((place, settings, options) =>
      change(options, { do: 'set', places: [place], settings }, `${place}: ${settings.join(' ')}`),
    );
  common(link.command('reset'), 'labnet link reset')
    .description('set links back to the values of the topology')
    .argument('[places...]', 'MACHINE:SEGMENT, MACHINE or :SEGMENT; default: all of the lab')
    .option(...LAB_OPTION)
    .action((places, options) =>
      change(
        options,
        { do: 'reset', ...(places.length > 0 && { places }) },
        `${places.join(', ') || 'all links'}: what the file says`,
      ),
    );
}

function defineCuts(link: Command): void {
  for (const [name, about] of [
    ['down', 'take a link down, as if its cable were pulled'],
    ['up', 'bring a link up again'],
  ] as const)
    common(link.command(name), `labnet link ${name} alice:home-a`)
      .description(about)
      .argument('<places...>', 'MACHINE:SEGMENT, MACHINE or :SEGMENT')
      .option(...LAB_OPTION)
      .action((places, options) => change(options, { do: name, places }, `${places.join(', ')} ${name}`));
}

function definePartition(link: Command): void {
  common(link.command('partition'), 'labnet link partition alice,router-a / bob,router-b')
    .description('cut groups of machines off from each other')
    .argument('<groups...>', "names, with '/' between groups; or one argument for each group: 'A,B' 'C,D'")
    .option(...LAB_OPTION)
    .action((words, options) => {
      const groups = groupsOf(words);
      const text = groups.map((names) => names.join(', ')).join(' | ');
      return change(options, { do: 'partition', groups }, `apart: ${text}`);
    });
  common(link.command('heal'), 'labnet link heal')
    .description('end a partition; other changes of links stay')
    .option(...LAB_OPTION)
    .action((options) => change(options, { do: 'heal' }, 'no groups are kept apart'));
}

/** `A,B / C,D`, `A B | C D`, or one argument for each group. */
function groupsOf(words: readonly string[]): string[][] {
  const hasMark = words.some((word) => /[/|]/.test(word));
  const groups = hasMark ? words.join(' ').split(/[/|]/) : words;
  return groups.map((group) => group.split(/[\s,]+/).filter((name) => name !== ''));
}

const change = (options: LabOptions, wanted: LinkChange, words: string): Promise<void> =>
  withLab(options, async (lab, output) => {
    const changes = await lab.changeLinks([wanted]);
    output.json('link-change', { lab: lab.name, change: wanted, changes });
    const { linksChangedText } = await import('../report/link.js');
    output.say(linksChangedText(lab.name, words, changes, output.style));
    return 0;
  });

const show = (options: LabOptions, isMeasured: boolean): Promise<void> =>
  withLab(options, async (lab, output) => {
    const links = isMeasured ? await lab.measureLinks() : lab.links();
    output.json('link', { lab: lab.name, links });
    const { linksText } = await import('../report/link.js');
    output.say(linksText(lab.name, links, output.style));
    return links.every(({ status }) => status === undefined || status === 'pass') ? 0 : 1;
  });

const presets = (options: CommonOptions): Promise<void> =>
  run(options, async (output) => {
    const { linkPresets } = await import('../index.js');
    const found = await linkPresets();
    output.json('link-presets', { presets: found });
    const { linkPresetsText } = await import('../report/link.js');
    output.say(linkPresetsText(found, output.style));
    return 0;
  });
