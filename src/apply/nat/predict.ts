/** Predicts which pairs of NATs allow hole punching, from their behaviour alone. Measurements must agree with it. */
import type { Behaviour } from '../../nat/behaviour.js';

/**
 * Whether one side's first packets get in, once both have learned each other's external endpoints from a rendezvous server
 * and send there (RFC 5128 section 3.3). The answer then comes back through the same mappings.
 */
export const punches = (a: Behaviour, b: Behaviour): boolean => getsIn(a, b) || getsIn(b, a);

/**
 * Whether packets of one side pass the other's filter at the endpoint that the server saw. A filter belongs to a mapping
 * (RFC 4787 section 5): it knows the sender only if the receiver uses the same mapping for both destinations.
 */
function getsIn(sender: Behaviour, receiver: Behaviour): boolean {
  if (receiver.filtering === 'endpoint-independent') return true;
  if (receiver.mapping !== 'endpoint-independent') return false;
  return receiver.filtering === 'address-dependent' || sender.mapping === 'endpoint-independent';
}
