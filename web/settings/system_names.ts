/** What the installation says of itself, and the words for it. */
import { t } from "../i18n.ts";

export interface Condition {
  key: string;
  title: string;
  failing: boolean;
  message: string;
  severity: string;
}

export interface System {
  version: string;
  startedAt: string;
  roles: { name: string; answers: boolean; tookMs: number; problem: string }[];
  queues: Record<string, number> | null;
  connectivity: {
    known: boolean;
    online: boolean;
    checkedAt: string | null;
    offlineSince: string | null;
    canaries: { name: string; proven: boolean; answers: boolean; error: string }[];
  } | null;
  conditions: Condition[] | null;
  operator: boolean;
}

export const roleTasks: Record<string, string> = {
  auth: t("knows who somebody is and what they may do"),
  config: t("keeps the checks"),
  scheduler: t("says when a check is due"),
  core: t("runs the checks and keeps their results"),
  incident: t("decides what is an incident"),
  notification: t("tells people"),
  forge: t("makes checks of .proto files"),
  metrics: t("counts uptime and latency"),
};

export const queueNames: Record<string, string> = {
  check_tasks: t("Checks that are due"),
  check_results: t("Results to be judged"),
  notifications: t("Incidents to be told"),
};

const conditionNames: Record<string, string> = {
  offline: t("Our own network is lost"),
  late: t("Checks start late"),
  missed: t("Checks are missed"),
  quarantine: t("Checks are held back"),
};

export function conditionName({ key, title }: Condition): string {
  return conditionNames[key] ?? title;
}
