/** By what a mapping is known: an inside endpoint, and where it depends on it, whom it sends to. */
import { HOST, isNumbered, PEER } from './identities.js';
import type { Translator } from './names.js';
import { isPerFlow } from './names.js';

const concat = (...parts: readonly (string | readonly string[])[]): string => parts.flat().join(' . ');

/** Of a packet whose connection an inside host began; `ct original` is what it was before any translation. */
export const keyOf = (of: Translator): string =>
  concat(inOrder(of, 'original'), isPerFlow(of) ? ['ct original proto-dst'] : []);

/** Of a packet with which an inside host answers: of its mapping towards the one who began. */
export const answerKeyOf = (of: Translator): string => inOrder(of, 'reply');

function inOrder(of: Translator, direction: 'original' | 'reply'): string {
  const { ip } = of.words;
  const [host, peer] = isNumbered(of)
    ? [HOST, PEER]
    : [`ct ${direction} ${ip} saddr`, `ct ${direction} ${ip} daddr`];
  return concat('meta l4proto', host, `ct ${direction} proto-src`, isForAll(of) ? [] : peer);
}

const isForAll = ({ mapping: { behaviour } }: Translator): boolean =>
  behaviour.mapping === 'endpoint-independent';

export function keyType(of: Translator): string {
  const { address } = of.words;
  const [host, peer] = isNumbered(of) ? ['mark', 'classid'] : [address, address];
  return concat(
    ...['inet_proto', host, 'inet_service'],
    isForAll(of) ? [] : peer,
    isPerFlow(of) ? 'inet_service' : [],
  );
}

/** An external port with the mapping that has it. */
export const pairOf = (of: Translator): string =>
  isPerFlow(of) ? 'meta l4proto . ct reply proto-dst . ct id' : `ct reply proto-dst . ${keyOf(of)}`;
