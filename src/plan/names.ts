/** Kernel interface names (at most 15 characters, IFNAMSIZ in netdevice(7)) from names of any length. */

const LIMIT = 15;

/** `proxyA.0`; a long name is cut, and gets a hash of the whole name. */
export function portName(machine: string, index: number): string {
  return fit(machine, `.${index}`);
}

export const bridgeName = (segment: string): string => fit(segment, '');

function fit(name: string, suffix: string): string {
  // Names that the kernel reserves.
  if (name.length + suffix.length <= LIMIT && name !== 'lo' && name !== 'all' && name !== 'default')
    return name + suffix;
  const hash = hashOf(name);
  return `${name.slice(0, LIMIT - suffix.length - hash.length - 1)}~${hash}${suffix}`;
}

/** Five characters of FNV-1a: enough to tell a lab's long names apart. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(36).padStart(7, '0').slice(-5);
}
