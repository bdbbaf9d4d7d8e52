/**
 * The egress gate: every outgoing connection of the product is decided here, on the address that is about to be connected.
 * Pure, so that probe workers and senders decide alike.
 */
export interface EgressRules {
  /** CIDRs that the operator opened, for checks and for channels alike. */
  allow: string[];
  /** CIDRs that the operator closed; wins over `allow`. */
  deny: string[];
  /** `address:port` of our own listeners and stores: never reached. */
  own: string[];
}
