/** How a NAT behaves: its preset, and what the file says otherwise. */
import type { Timeouts } from '../../core/nat-words.js';
import { didYouMean } from '../../core/suggest.js';
import type { Behaviour } from '../../nat/behaviour.js';
import { DEFAULT_PRESET, PRESETS, STATIC_PRESET } from '../../nat/presets/index.js';
import type { WrittenBehaviour, WrittenNat } from '../../topology/schema.js';
import type { StaticMapping } from '../lab.js';

/** Complains of a key of the mapping, or of one within. */
type Say = (
  code: 'unknown-preset' | 'nat-behaviour-unfit' | 'wrong-value',
  message: string,
  key: string | readonly string[],
  fix: string,
) => void;

export type Named = { readonly preset: string; readonly behaviour: Behaviour };

/**
 * @param current what is kept where nothing is said, in place of the preset
 * @returns undefined where something is wrong, which has been said
 */
export function behaviourOf(
  { say }: { readonly say: Say },
  written: WrittenBehaviour,
  current?: Named,
): Named | undefined {
  const preset = written.preset ?? current?.preset ?? DEFAULT_PRESET;
  const isKept = written.preset === undefined && current !== undefined;
  const base = isKept ? current.behaviour : presetNamed(say, preset);
  const timeouts = base && timeoutsOf(say, base.timeouts, written.timeouts ?? {});
  if (!timeouts) return undefined;
  if (preset === STATIC_PRESET) {
    const fix = "write it as 'static: HOST, public: ADDRESS'";
    say('nat-behaviour-unfit', `'${preset}' gives a host an address of its own`, 'preset', fix);
    return undefined;
  }
  const { mapping, filtering, hairpin, seed = base.seed } = written;
  const { ports = base.ports, pooling = base.pooling } = written;
  if (ports === 'blocks' && pooling === 'arbitrary') {
    const message = "with 'ports: blocks' a subscriber keeps the address that its block is of";
    say('nat-behaviour-unfit', message, 'pooling', "say 'paired', or other ports");
    return undefined;
  }
  return {
    preset,
    behaviour: {
      mapping: mapping ?? base.mapping,
      filtering: filtering ?? base.filtering,
      hairpin: hairpin ?? base.hairpin,
      ports,
      ...(seed !== undefined && { seed }),
      blockSize: written['block-size'] ?? base.blockSize,
      pooling,
      timeouts,
      icmpErrors: written['icmp-errors'] ?? base.icmpErrors,
    },
  };
}

/** A host with an address of its own keeps all its ports: what remains to be said is who may come in. */
export function staticBehaviour(
  { say }: { readonly say: Say },
  { preset = STATIC_PRESET, filtering, hairpin }: Extract<WrittenNat, { static: string }>,
): Pick<StaticMapping, 'filtering' | 'hairpin'> | undefined {
  const base = presetNamed(say, preset);
  if (!base) return undefined;
  if (base.mapping !== 'endpoint-independent' || base.ports !== 'preserve') {
    const message = `'${preset}' changes ports, and a host with an address of its own keeps them`;
    say('nat-behaviour-unfit', message, 'preset', `use ${STATIC_PRESET}, full-cone or a restricted cone`);
    return undefined;
  }
  const who = filtering ?? base.filtering;
  return {
    ...(who !== 'endpoint-independent' && { filtering: who }),
    ...(!(hairpin ?? base.hairpin) && { hairpin: false }),
  };
}

function presetNamed(say: Say, preset: string): Behaviour | undefined {
  const found = Object.hasOwn(PRESETS, preset) ? PRESETS[preset]?.behaviour : undefined;
  if (!found) {
    const fix = didYouMean(preset, Object.keys(PRESETS), 'presets');
    say('unknown-preset', `there is no NAT preset '${preset}'`, 'preset', fix);
  }
  return found;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3_600, d: 86_400 };
/** The kernel keeps seconds in 32 bits. */
const LONGEST = 2 ** 31 - 1;

function timeoutsOf(
  say: Say,
  base: Timeouts,
  written: Readonly<Partial<Record<keyof Timeouts, number | string | undefined>>>,
): Timeouts | undefined {
  const timeouts: Record<string, number> = { ...base };
  for (const [key, value] of Object.entries(written)) {
    if (value === undefined) continue;
    const [, digits = '', unit = ''] = /^(\d{1,10})([smhd]?)$/.exec(`${value}`.trim()) ?? [];
    const seconds = Number(digits) * (UNITS[unit] ?? 1);
    if (digits === '' || seconds < 1 || seconds > LONGEST) {
      say(
        'wrong-value',
        `timeouts.${key} is '${value}'`,
        ['timeouts', key],
        'expected 30s, 5m, 2h, 4d or whole seconds',
      );
      return undefined;
    }
    timeouts[key] = seconds;
  }
  return timeouts as Timeouts;
}
