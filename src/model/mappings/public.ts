/** The addresses that a NAT shows outside. */
import type { DiagnosticCode } from '../../core/diagnostic.js';
import type { Address, Family } from '../../core/ip.js';
import { contains, formatAddress, formatPrefix, hostRange, parseAddresses } from '../../core/ip.js';
import type { Draft, DraftInterface } from '../draft.js';
import { EFFORT } from '../effort.js';
import { MISPLACED, misplaced } from '../misplaced.js';
import type { MappingPlace } from './common.js';

/** More would be more chains than anybody reads. */
const POOL_AT_MOST = 64;

/** The addresses of `public`: one, FIRST-LAST, a prefix, or a list of these. */
export function readPool(
  { say }: MappingPlace,
  written: string | readonly string[],
  family: Family,
): Address[] | undefined {
  const pool: Address[] = [];
  for (const text of [written].flat()) {
    const found = parseAddresses(text, POOL_AT_MOST);
    if (!found) {
      const message = `'${text}' is no address, nor a range or prefix of at most ${POOL_AT_MOST}`;
      say(
        'bad-address',
        message,
        'public',
        family === 4
          ? 'write 203.0.113.20, 203.0.113.20-203.0.113.23 or 203.0.113.20/30'
          : 'write 2001:db8::20, 2001:db8::20-2001:db8::23 or 2001:db8::20/126',
      );
      return undefined;
    }
    if (found[0] && found[0].family !== family) {
      const fix = family === 4 ? "give an IPv4 address; for IPv6 there is 'nat66'" : 'give an IPv6 address';
      say('wrong-family', `'${text}' is IPv${found[0].family}`, 'public', fix);
      return undefined;
    }
    pool.push(...found);
  }
  const texts = pool.map(formatAddress);
  const twice = texts.find((text, index) => texts.indexOf(text) !== index);
  if (twice === undefined && pool.length <= POOL_AT_MOST) return pool;
  const message = twice === undefined ? `more than ${POOL_AT_MOST} addresses` : `${twice} is there twice`;
  say('bad-address', message, 'public', 'name each address once');
  return undefined;
}

/**
 * Checks that nobody else has the address, and lets the router answer for it where it lies in an outside segment.
 * @param inside the segments behind the mapping
 * @param isOfMany whether the file gives several to choose from
 */
export function claim(
  { draft, router, path, say }: MappingPlace,
  address: Address,
  inside: readonly string[],
  isOfMany: boolean,
): DraftInterface | undefined {
  draft.spend(router.interfaces.length + EFFORT.mapping, path);
  const home = homeOf(draft, router.interfaces, address);
  if (!home) return undefined;
  const own = router.interfaces.find(({ segment }) => segment.name === home);
  if (!own || inside.includes(own.segment.name)) {
    const where = own ? 'the inside of this mapping' : `a segment ${router.name} is not on`;
    say(
      'nat-public-in-segment',
      `${formatAddress(address)} lies in ${home}, ${where}`,
      'public',
      `use an address outside of every segment, or of an outside segment of ${router.name}`,
    );
    return undefined;
  }
  const refused = refusedOn(own, address);
  if (refused) {
    const { code, message, fix } = refused;
    say(code, message, 'public', `${fix}${isOfMany ? ', or a prefix without it' : ''}`);
    return undefined;
  }
  own.segment.taken.set(formatAddress(address), router.name);
  own.answered.push(address);
  return own;
}

type Refused = { readonly code: DiagnosticCode; readonly message: string; readonly fix: string };

/** Why an interface cannot have another address of its segment. */
function refusedOn({ segment }: DraftInterface, address: Address): Refused | undefined {
  const text = formatAddress(address);
  const prefix = segment.prefixes[address.family];
  const wrong = prefix && misplaced(prefix, address);
  if (prefix && wrong) {
    const { first, last } = hostRange(prefix);
    return {
      code: wrong,
      message: `${text} is ${MISPLACED[wrong]} ${segment.name} (${formatPrefix(prefix)})`,
      fix: `use an address from ${formatAddress(first)} to ${formatAddress(last)}`,
    };
  }
  const owner = segment.taken.get(text);
  if (owner === undefined) return undefined;
  return {
    code: 'nat-public-duplicate',
    message: `${text} is the address of ${owner}`,
    fix: 'use a free address',
  };
}

/** The segment an address lies in, one of the router's own before others. */
function homeOf(draft: Draft, own: readonly DraftInterface[], address: Address): string | undefined {
  const mine = own.find(
    ({
      segment: {
        prefixes: { [address.family]: prefix },
      },
    }) => prefix && contains(prefix, address),
  );
  return mine ? mine.segment.name : draft.segmentAt.find(address)?.name;
}
