/** Modules with `prober: icmp`: one echo request. */
import { z } from "zod";
import { familiesOf, ipFields, present, unsupported } from "./fields.ts";
import { assertion, splitTarget, type ModuleRules } from "./module.ts";

export const icmpSection = z.strictObject({
  ...ipFields,
  payload_size: z.number("must be a number of bytes from 16 to 8000").int().min(16, "must be at least 16").max(8_000, "must be at most 8000").optional(),
  ttl: unsupported("requests leave with the hop limit of the system"),
  dont_fragment: unsupported("the system decides whether packets are fragmented"),
});

export function icmpModule(icmp: z.infer<typeof icmpSection>): ModuleRules {
  return {
    families: familiesOf(icmp),
    draft(target) {
      const { host, port } = splitTarget(target) ?? {};
      if (host === undefined || port !== undefined) throw new Error(`${JSON.stringify(target)} is not a host`);
      return { type: "icmp", assertions: [assertion("loss", "lt", 100)], target: present({ host, count: 1, size: icmp.payload_size }) };
    },
  };
}
