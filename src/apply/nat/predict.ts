/** Which pairs of NATs can be punched through, by their behaviour alone: what the matrix has to agree with. */
import type { Behaviour } from '../../nat/behaviour.js';

/**
 * Whether either side's first packets get in, once both have told a rendezvous server their external endpoints and
 * send to each other's (RFC 5128 section 3.3): an answer then goes back the way it came.
 */
export const punches = (a: Behaviour, b: Behaviour): boolean => getsIn(a, b) || getsIn(b, a);

/**
 * Whether what one sends passes the other's filter at the endpoint that the server saw. The filter hangs on that very
 * mapping (RFC 4787 section 5), which knows the sender only where the receiver maps all its destinations alike.
 */
function getsIn(sender: Behaviour, receiver: Behaviour): boolean {
  if (receiver.filtering === 'endpoint-independent') return true;
  if (receiver.mapping !== 'endpoint-independent') return false;
  return receiver.filtering === 'address-dependent' || sender.mapping === 'endpoint-independent';
}
