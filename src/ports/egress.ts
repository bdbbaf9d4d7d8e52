/** What the operator and the process say about outgoing connections; the gate itself is `kernel/egress.ts`. */
import type { OperatorRules } from "#kernel/egress";

export interface Egress {
  /** The settings, and the process's own listeners and stores; one object until something changes. What one tenant may do of it says `rulesFor`. */
  rules(): OperatorRules;
}
