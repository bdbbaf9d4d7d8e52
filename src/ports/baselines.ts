/** What a check's target once looked like, kept to tell when that changes. Owner: core. */

export const baselineKinds = ["graphql_schema"] as const;
export type BaselineKind = (typeof baselineKinds)[number];

export interface Baseline {
  tenantId: string;
  checkId: string;
  kind: BaselineKind;
  /** SHA-256 of `text`, in hexadecimal. */
  hash: string;
  /** By kind: the SDL of a GraphQL schema, sorted and without descriptions. */
  text: string;
  setAtMs: number;
}

export interface BaselineStore {
  get(tenantId: string, checkId: string, kind: BaselineKind): Promise<Baseline | undefined>;
  /** Sets or replaces. */
  put(baseline: Baseline): Promise<void>;
  /** All of a check. False when there were none. */
  remove(tenantId: string, checkId: string): Promise<boolean>;
}
