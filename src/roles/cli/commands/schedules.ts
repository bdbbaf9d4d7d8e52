import { when } from "../columns.ts";
import type { Register } from "../context.ts";
import type { Column, Page } from "../output/output.ts";
import { paged, type Paging } from "../paging.ts";
import type { Schedule } from "../shapes.ts";

const columns: Column<Schedule>[] = [
  { title: "check", of: (schedule) => schedule.checkId },
  { title: "runs", of: (schedule) => schedule.every ?? schedule.cron },
  { title: "timezone", of: (schedule) => schedule.timezone },
  { title: "state", of: (schedule) => schedule.state },
  { title: "next run", of: (schedule) => when(schedule.nextRunAt) },
  { title: "last run", of: (schedule) => when(schedule.lastRunAt) },
];

export const register: Register = (schedules, run) => {
  paged(schedules.command("list").description("list schedules")).action(run(async ({ api, output }, { limit, cursor }: Paging) => {
    await output.list(await api.request<Page<Schedule>>("GET", "/schedules", { query: { limit, cursor } }), columns);
  }));

  schedules.command("get").argument("<check>").description("show when a check runs").action(run(async ({ api, output }, check: string) => {
    await output.one(await api.request<Schedule>("GET", pathOf(check)), columns);
  }));

  schedules.command("set").argument("<check>").description("say when a check runs")
    .option("--every <duration>", "how often: 30s, 5m, 1h")
    .option("--cron <pattern>", "when, as a cron pattern")
    .option("--timezone <zone>", "of the cron pattern, such as Europe/Prague")
    .action(run(async ({ api, output }, checkId: string, { every, cron, timezone }: { every?: string; cron?: string; timezone?: string }) => {
      await output.one(await api.request<Schedule>("POST", "/schedules", { body: { checkId, every, cron, timezone } }), columns);
    }));

  schedules.command("remove").argument("<check>").description("run a check no more").action(run(async ({ api, output }, check: string) => {
    await api.request("DELETE", pathOf(check));
    output.say(`${check} has no schedule any more`);
  }));

  schedules.command("run").argument("<check>").description("run a check now").action(run(async ({ api, output }, check: string) => {
    await output.one(await api.request<{ runId: string }>("POST", `${pathOf(check)}/run`), [{ title: "run", of: (answer) => answer.runId }]);
  }));
};

function pathOf(checkId: string): string {
  return `/schedules/${encodeURIComponent(checkId)}`;
}
