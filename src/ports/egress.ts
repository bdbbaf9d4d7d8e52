/** What the operator and the process say about outgoing connections; the gate itself is `kernel/egress.ts`. */
import type { EgressRules } from "#kernel/egress";

export interface Egress {
  /** Rules that are the same for every tenant: the settings, and the process's own listeners and stores. */
  rules(): EgressRules;
}
