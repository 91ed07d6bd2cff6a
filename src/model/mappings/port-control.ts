/** Whether inside hosts may have a router open ports, and by what. */
import type { PortControl } from '../../core/nat-words.js';
import { PORT_CONTROLS } from '../../core/nat-words.js';
import type { WrittenNat } from '../../topology/schema.js';
import { writtenRouter } from '../draft.js';
import type { MasqueradeMapping } from '../lab.js';
import type { MappingPlace } from './common.js';

type Written = boolean | readonly PortControl[] | undefined;

export function portControlOf(
  place: MappingPlace,
  written: Written,
  inside: MasqueradeMapping['inside'],
  pool: readonly string[],
): Pick<MasqueradeMapping, 'portControl'> {
  if (written === undefined || written === false) return {};
  const refuse = (message: string, fix: string): Pick<MasqueradeMapping, 'portControl'> => {
    place.say('nat-behaviour-unfit', message, 'port-control', fix);
    return {};
  };
  if (pool.length > 1)
    return refuse(
      `clients are told one address, and this NAT shares ${pool.length}`,
      "give it one address in 'public', or none",
    );
  if (inside.every(({ interface: on }) => on === undefined))
    return refuse(
      `${place.router.name} is on none of the inside segments, where its clients would ask it`,
      'ask for it at a router that is',
    );
  if (isSecond(place))
    return refuse(
      `${place.router.name} lets clients open ports by another mapping already`,
      "one 'masquerade' with both inside segments, or two routers",
    );
  return {
    portControl: written === true ? PORT_CONTROLS : PORT_CONTROLS.filter((one) => written.includes(one)),
  };
}

function isSecond({ router, path }: MappingPlace): boolean {
  // A list entry that could not be read is undefined.
  const entries: readonly (WrittenNat | undefined)[] = writtenRouter(router).nat ?? [];
  const wants = entries.map((one) => {
    const written: Written = one && 'masquerade' in one ? one['port-control'] : undefined;
    return written !== undefined && written !== false;
  });
  return wants.indexOf(true) < Number(path.at(-1));
}
