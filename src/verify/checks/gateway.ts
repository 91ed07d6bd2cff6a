import type { CheckKind } from '../check.js';
import { pingCheck } from './answered.js';
import { expectPing } from './common.js';

export const gateway: CheckKind = {
  kind: 'gateway',
  about: 'every machine with a default route reaches its gateway',
  derive: ({ lab, ownerOn }) =>
    lab.machines.flatMap(({ name, interfaces, routes }) =>
      routes
        .filter(({ to }) => to === 'default')
        .map(({ family, via, interface: on }) => {
          const segment = interfaces.find((one) => one.name === on)?.segment ?? '';
          const router = ownerOn(segment, via)?.machine.name ?? 'nobody';
          const id = `gateway${family === 6 ? '6' : ''}/${name}`;
          return pingCheck('gateway', id, `${name} reaches its gateway ${router} (${via})`, [
            expectPing(name, via),
          ]);
        }),
    ),
};
