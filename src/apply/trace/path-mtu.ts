/** Judges the large packet that was sent with the small one: where small packets pass, a black hole for large ones is easily overlooked. */
import type { Attempt } from './attempt.js';
import { LARGE } from './attempt.js';
import type { Inquiry } from './causes.js';
import { ruleCause } from './cause-rule.js';
import { causeOf } from './causes.js';
import { errorsSent } from './drafts.js';
import type { PathMtu, TraceCause } from './result.js';
import type { Story } from './story.js';
import { endOf } from './story.js';
import { storyOf } from './tell.js';

export type Large = { readonly mtu?: PathMtu; readonly cause?: TraceCause };

/** @param small the story of the small one, which was answered */
export async function judgeLarge(small: Story, made: Attempt, inquiry: Inquiry): Promise<Large> {
  const { lab, view, asked, expected, trail } = small;
  const story = storyOf({ lab, view, asked, expected, trail }, made, LARGE);
  const sent = story.there[0]?.out?.packet.length;
  const { replies } = story.result;
  if (replies.some(({ kind }) => kind === 'answer' || kind === 'refused'))
    return sent === undefined ? {} : { mtu: { sent, bytes: sent } };
  const tooBig = story.errors.filter(({ error }) => error?.mtu !== undefined);
  const heard = tooBig.find(({ machine, direction }) => machine === asked.from.name && direction === 'in');
  const [said] = errorsSent(tooBig);
  if (sent === undefined) return {};
  if (heard?.error?.mtu !== undefined)
    return { mtu: { sent, bytes: heard.error.mtu, ...(said && { limitedBy: said.machine }) } };
  const found = await causeOf(story, inquiry);
  return { mtu: { sent }, cause: holeOf(story, sent, found, said) };
}

function holeOf(
  story: Story,
  sent: number,
  found: TraceCause,
  said: ReturnType<typeof errorsSent>[number] | undefined,
): TraceCause {
  const hole = {
    ...found,
    kind: 'mtu',
    text: `small packets pass, ${sent} bytes do not: ${found.text}`,
  } as const;
  const lost = story.back.at(-1);
  if (!said || !lost) return hole;
  const text = `${hole.text}; ${said.machine} says so (MTU ${said.error?.mtu ?? 0}), and that`;
  const end = endOf(lost, true, false);
  if (end.how !== 'dropped') return { ...hole, text: `${text} does not come back beyond ${lost.machine}` };
  const rule = ruleCause(story, { leg: 'back', visit: lost }, end.rule);
  return {
    ...hole,
    text: `${text} is dropped at ${lost.machine}`,
    evidence: [...rule.evidence, ...hole.evidence].filter((one, at, all) => all.indexOf(one) === at),
    ...(rule.fix !== undefined && { fix: `let ICMP errors pass: ${rule.fix}; or ${hole.fix ?? ''}` }),
  };
}
