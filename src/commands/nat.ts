import type { Command } from '@commander-js/extra-typings';
import { basename, dirname } from 'node:path';
import type { CommonOptions, LabOptions } from './context.js';
import { common, LAB_OPTION, withExample } from './common.js';
import { abortOnSignal, run, withLab } from './context.js';

export function defineNat(program: Command): void {
  const nat = withExample(program.command('nat'), 'labnet nat probe home-router').description(
    'tell how NATs behave, try hole punching through them, and change them while a lab runs',
  );
  common(nat.command('list'), 'labnet nat list')
    .description('list the presets with their behaviour and sources')
    .action(({ ...options }) => list(options));
  common(nat.command('probe'), 'labnet nat probe home-router')
    .description(
      'measure mapping, filtering, hairpinning and the choice of ports of a router, with packets through it',
    )
    .argument('[router]', 'default: every router with masquerade')
    .option(...LAB_OPTION)
    .action((router, options) => probe(router, options));
  common(nat.command('matrix'), 'labnet nat matrix --html matrix.html')
    .description('try hole punching between two homes for every pair of presets, over UDP and TCP')
    .option('--presets <names>', 'only these presets, such as full-cone,symmetric')
    .option('--html <file>', 'write the tables as an HTML page')
    .action((options) => matrix(options));
  common(nat.command('set'), 'labnet nat set home-router preset=symmetric seed=7')
    .description("change a router's NAT behaviour while the lab runs")
    .argument('<router>')
    .argument('<settings...>', 'KEY=VALUE with the keys of masquerade, such as timeouts.udp=30s')
    .option(...LAB_OPTION)
    .action((router, settings, options) => set(router, settings, options));
  common(nat.command('flush'), 'labnet nat flush home-router')
    .description("clear a router's NAT mappings and connections, as a reboot would")
    .argument('<router>')
    .option(...LAB_OPTION)
    .action((router, options) => flush(router, options));
}

const list = (options: CommonOptions): Promise<void> =>
  run(options, async (output) => {
    const { natPresets } = await import('../index.js');
    const presets = await natPresets();
    output.json('nat-list', { presets });
    const { presetsText } = await import('../report/nat.js');
    output.say(presetsText(presets, output.style));
    return 0;
  });

const probe = (router: string | undefined, options: LabOptions): Promise<void> =>
  withLab(options, async (lab, output) => {
    const nats = await lab.probeNat(router);
    output.json('nat-probe', { lab: lab.name, nats });
    const { probedText } = await import('../report/nat.js');
    output.say(probedText(nats, output.style));
    return nats.every(({ traits }) => traits.every(({ status }) => status === 'pass')) ? 0 : 1;
  });

const set = (router: string, settings: readonly string[], options: LabOptions): Promise<void> =>
  withLab(options, async (lab, output) => {
    await lab.setNat(router, settings);
    output.json('nat-set', { lab: lab.name, router, settings });
    output.say(`${output.style.green('✓')} ${router} of ${lab.name}: ${settings.join(' ')}`);
    return 0;
  });

const flush = (router: string, options: LabOptions): Promise<void> =>
  withLab(options, async (lab, output) => {
    await lab.flushNat(router);
    output.json('nat-flush', { lab: lab.name, router });
    output.say(`${output.style.green('✓')} ${router} of ${lab.name} remembers nothing`);
    return 0;
  });

type MatrixOptions = CommonOptions & {
  readonly presets?: string | undefined;
  readonly html?: string | undefined;
};

const matrix = ({ presets, html, stateDir, ...options }: MatrixOptions): Promise<void> =>
  run(options, async (output) => {
    const { natMatrix } = await import('../index.js');
    const { writeFiles } = await import('./local.js');
    const stop = abortOnSignal();
    try {
      const found = await natMatrix({ presets: presets?.split(','), stateDir, signal: stop.signal });
      output.json('nat-matrix', found);
      const { isOdd, matrixText } = await import('../report/nat.js');
      output.say(matrixText(found, output.style));
      if (html !== undefined) {
        const { matrixHtml } = await import('../report/nat-html.js');
        await writeFiles(dirname(html), [{ path: basename(html), text: matrixHtml(found) }]);
        output.say(`\n${output.style.green('✓')} wrote ${html}`);
      }
      return found.pairings.some(isOdd) ? 1 : 0;
    } finally {
      stop.release();
    }
  });
