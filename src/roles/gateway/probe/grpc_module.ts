/** Modules with `prober: grpc`: the standard health protocol. */
import { z } from "zod";
import { familiesOf, flag, ipFields, present, text, tlsConfig, unsupported } from "./fields.ts";
import { splitTarget, type ModuleRules } from "./module.ts";

export function grpcSection(folder: string) {
  const values = z.union([text, z.array(text).transform((all) => all.join(", "))]);
  return z.strictObject({
    ...ipFields,
    service: text.optional(),
    tls: flag.optional(),
    tls_config: tlsConfig(folder).optional(),
    metadata: z.record(z.string(), values).optional(),
    check_revoked: unsupported("revocation lists are not read"),
  });
}

export function grpcModule(grpc: z.infer<ReturnType<typeof grpcSection>>): ModuleRules {
  return {
    families: familiesOf(grpc),
    skipsVerification: grpc.tls_config?.["skipVerify"] === true,
    draft(target) {
      const { host, port = grpc.tls ? 443 : 80 } = splitTarget(target.replace(/^https?:\/\//i, "").replace(/\/$/, "")) ?? {};
      if (host === undefined) throw new Error(`${JSON.stringify(target)} is not host:port`);
      const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
      return { type: "grpc", assertions: [], target: present({ address, mode: "health", service: grpc.service, tls: grpc.tls ? (grpc.tls_config ?? true) : undefined, metadata: grpc.metadata }) };
    },
  };
}
