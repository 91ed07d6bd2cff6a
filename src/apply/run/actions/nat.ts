import { viewOf } from '../../../model/view.js';
import { judgePunching, punching } from '../../../verify/nat/punch.js';
import { portAllocator } from '../../../verify/nat/plan.js';
import { writtenChecks } from '../../../verify/checks/written.js';
import type { Doer } from '../doing.js';
import { settingsOf } from '../settings.js';

export const natSet: Doer<'nat-set'> = async ({ lab, value: { router, ...behaviour } }) => {
  const settings = settingsOf(behaviour);
  await lab.setNat(router, settings);
  return { status: 'pass', detail: settings.join(' ') };
};

export const natFlush: Doer<'nat-flush'> = async ({ lab, value }) => {
  await lab.flushNat(value);
  return { status: 'pass', detail: 'it remembers nothing' };
};

export const natProbe: Doer<'nat-probe'> = async ({ lab, value }) => {
  const traits = (await lab.probeNat(value)).flatMap((nat) => nat.traits);
  const bad = traits.filter(({ status }) => status !== 'pass');
  const seen = traits.map(({ trait, observed }) => `${trait} ${observed.join(' or ')}`).join(', ');
  const status = bad.some((one) => one.status === 'error') ? 'error' : bad.length > 0 ? 'fail' : 'pass';
  const [first] = bad;
  const detail = first ? `${first.trait}: ${first.shows}; ${seen}` : seen;
  const outcome = traits.find(({ trait }) => trait === 'udp mapping')?.observed.join(' or ');
  return { status, detail, ...(outcome !== undefined && { outcome }) };
};

export const punch: Doer<'punch'> = async ({ lab, step, value }) => {
  const { between, server, protocol = 'udp' } = value;
  const [a = '', b = ''] = between;
  const view = viewOf({ ...lab.model, checks: step.checks });
  const [address, other] = writtenChecks(view, 'ping').map(({ to }) => to);
  if (address === undefined || other === undefined)
    return { status: 'error', detail: `${server} has no address` };
  const dialogue = punching({ a, b, server, protocol, address, addressForB: other }, portAllocator());
  const [outcome] = await lab.converse([dialogue]);
  const { connects, trouble } = judgePunching(outcome);
  if (trouble !== undefined) return { status: 'error', detail: trouble };
  return connects
    ? { status: 'pass', detail: 'they reach each other', outcome: 'direct' }
    : { status: 'fail', detail: 'they do not reach each other', outcome: 'relay' };
};
