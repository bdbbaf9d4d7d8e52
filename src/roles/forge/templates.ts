/** What the forge can make of a proto set. */
export interface ForgeTemplate {
  name: string;
  kind: "code" | "config";
  title: string;
  description: string;
}

export const templates: readonly ForgeTemplate[] = [
  {
    name: "typescript",
    kind: "code",
    title: "TypeScript client",
    description: "A typed client for Node or Bun: message types, one class for each service over @grpc/grpc-js, the descriptors embedded.",
  },
  {
    name: "health",
    kind: "config",
    title: "Health checks",
    description: "gRPC health checking protocol: one check for the whole server and one for each service.",
  },
  {
    name: "call",
    kind: "config",
    title: "Call checks",
    description: "One check for each unary method, with a sample request to fill in, expecting status OK.",
  },
];

export const languages: readonly string[] = templates.filter(({ kind }) => kind === "code").map(({ name }) => name);
