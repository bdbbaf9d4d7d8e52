import type { Register } from "../context.ts";
import type { Column } from "../output/output.ts";
import type { Location } from "../shapes.ts";

const columns: Column<Location>[] = [
  { title: "location", of: ({ location }) => location },
  { title: "checks", of: ({ checks }) => checks },
  { title: "cores", of: ({ cores }) => (cores === 0 ? "none is attached" : cores) },
  { title: "threads", of: ({ threads }) => threads },
];

export const register: Register = (locations, run) => {
  locations.action(run(async ({ api, output }) => {
    await output.list(await api.request<{ items: Location[] }>("GET", "/locations"), columns);
  }));
};
