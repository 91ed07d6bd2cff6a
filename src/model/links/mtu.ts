/** The least that IPv6 works with (RFC 8200 section 5). */
export const LEAST_MTU_6 = 1280;

export const mtuTooSmall = (mtu: number, segment: string): string =>
  `an MTU of ${mtu} is too small for IPv6, which ${segment} has`;
