/** NAT behaviour in the terms of RFC 4787; a preset is a name for a combination that the literature names. */

export type Dependence = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent';

export type Behaviour = {
  /** RFC 4787 section 4.1: when a new destination gets a new external port. */
  readonly mapping: Dependence;
  /** RFC 4787 section 5: from whom an open external port accepts packets. */
  readonly filtering: Dependence;
  /** RFC 4787 section 6: inside hosts reach each other by their external addresses. */
  readonly hairpin: boolean;
  /** RFC 4787 section 4.2.1: whether the external port is the internal one where it is free. */
  readonly ports: 'preserve' | 'random';
};

export type Preset = { readonly behaviour: Behaviour; readonly source: string };
