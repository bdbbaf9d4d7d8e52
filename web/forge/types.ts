/** What the forge answers beside its sets. */

/** A message or an enum, by its full name. */
export interface ProtoType {
  name: string;
  kind: string;
  comment: string;
  fields: { name: string; number: number; type: string; typeName: string; oneof: string; comment: string }[];
  values: { name: string; number: number; comment: string }[];
}

export interface ForgeTemplate {
  name: string;
  kind: string;
  title: string;
  description: string;
}
