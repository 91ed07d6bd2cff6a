/**
 * An engine of its own: what makes and enters namespaces. As root it is a worker thread of the CLI; an ordinary user's is a
 * process started inside the lab's user namespace, which a multi-threaded process cannot enter (setns(2)).
 */
import { keepTime, phase, takeSpent } from '../../../core/phases.js';
import { canChangeIdentity } from '../../../sys/capabilities.js';
import { closeDescriptors } from '../../../sys/descriptors.js';
import { pretendIdentityChanges } from '../../../sys/seccomp.js';
import { isRootless, openChannel } from './channel.js';
import { failureOf } from './failure.js';
import { perform, PHASES } from './handlers.js';
import type { Request, Result } from './protocol.js';

const channel = openChannel();
keepTime(() => performance.now(), 'start', 0);
if (isRootless || !canChangeIdentity()) pretendIdentityChanges();

const outputsIn = ({ captured }: Result<'test'>): ArrayBuffer[] =>
  captured.map(({ output }) => output.buffer);

async function handle({ id, op, argument }: Request): Promise<void> {
  try {
    phase(PHASES[op] ?? 'rest');
    const result = await perform(op, argument);
    phase('wait');
    if (op === 'stop') closeDescriptors();
    const handedOn = op === 'test' ? outputsIn(result as Result<'test'>) : [];
    channel.send({ id, result, spent: takeSpent() ?? {} }, handedOn);
    // At once: whatever is still under way would go on with sockets that are closed.
    if (op === 'stop' && !isRootless) process.exit();
  } catch (error) {
    channel.send({ id, failure: failureOf(error) });
  }
}

phase('wait');
// That it has begun: a worker that is ended while it loads native code would take the whole process along.
channel.send({ id: 0, result: null });
channel.listen((request) => void handle(request));
