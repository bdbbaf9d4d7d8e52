/** What many rows of the table of documented requests are made of. */
import { z } from "zod";

type State = "opened" | "acknowledged" | "resolved";

export const canary = "canary-5ecret-7f3a";
export const incident = "inc_1";
export const text = (max: number) => z.string().min(1).max(max);
export const bytes = (max: number) => z.string().min(1).refine((value) => Buffer.byteLength(value) <= max, `more than ${max} bytes`);
export const link = z.url();
export const same = (says: object): Record<State, object> => ({ opened: says, acknowledged: says, resolved: says });
export const opensOnly = { acknowledged: "nothing", resolved: "nothing" } as const;
export const tags = z.record(z.string(), z.string());
export const bearer = { authorization: `Bearer ${canary}` };
export const hook = `/hooks/${canary}`;
export const number = "+15551234567";
export const seconds = z.int().min(1_000_000_000).max(9_999_999_999);
