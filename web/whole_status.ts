/** A check with its newest whole results, asked for once for all who show them: events carry numbers only. */
import { useEffect, useRef } from "preact/hooks";
import { get } from "./api.ts";
import { listen } from "./events.ts";
import { type Loaded, useLoad } from "./load.ts";
import type { Check, WholeStatus } from "./types.ts";

/** Many results a second are no reason for as many questions; one that a person has ordered is. */
const atMostEveryMs = 5_000;

export function useWholeStatus(check: Pick<Check, "id" | "version">): Loaded<WholeStatus> {
  const askedAt = useRef(Date.now());
  const loaded = useLoad(`${check.id} ${check.version}`, (signal) => get<WholeStatus>(`/checks/${check.id}/status`, signal));
  useEffect(() => {
    const reload = () => {
      askedAt.current = Date.now();
      loaded.reload();
    };
    const stops = [
      listen("result", ({ checkId, trigger }) => checkId === check.id && (trigger === "manual" || Date.now() - askedAt.current >= atMostEveryMs) && reload()),
      listen("check.status", ({ checkId }) => checkId === check.id && reload()),
      listen("resumed", reload),
    ];
    return () => stops.forEach((stop) => stop());
  }, [check.id]);
  return loaded;
}
