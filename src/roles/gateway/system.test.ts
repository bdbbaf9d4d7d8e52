import { expect, test } from "bun:test";
import { AppError } from "#kernel/errors";
import { bearer, startTestGateway, type FakeRoles } from "./test_gateway.ts";

interface System {
  version: string;
  roles: { name: string; answers: boolean; problem: string }[];
  queues: Record<string, number> | null;
  connectivity: { online: boolean; canaries: { name: string }[] } | null;
  conditions: { key: string; failing: boolean }[] | null;
  operator: boolean;
}

const roles = (operatorTenantId: string): FakeRoles => ({
  auth: { getTenancy: () => Promise.resolve({ tenants: 2, operatorTenantId }) },
  core: {
    checkConnectivity: () => Promise.resolve({ known: true, online: true, checkedAtMs: 1, canaries: [{ name: "192.0.2.1:53", proven: true, answers: true, error: "" }] }),
    listPlatformConditions: () => Promise.resolve({ items: [{ key: "late", title: "Late", failing: false, message: "", severity: "warning" }] }),
  },
  forge: { listTemplates: () => Promise.reject(new AppError("unavailable", "the role forge does not answer")) },
});

const systemAs = async (operatorTenantId: string) => {
  await using gateway = startTestGateway(roles(operatorTenantId));
  return (await (await gateway.fetch("/api/v1/system", { headers: bearer("admin") })).json()) as System;
};

test("who runs the platform sees roles, queues, network and conditions", async () => {
  const system = await systemAs("ten_1");
  expect(system.roles.map(({ name, answers }) => [name, answers])).toEqual([["auth", true], ["config", true], ["scheduler", true], ["core", true], ["incident", true], ["notification", true], ["forge", false], ["metrics", true]]);
  expect(system.roles.find(({ name }) => name === "forge")?.problem).toBe("the role forge does not answer");
  expect(system).toMatchObject({ queues: { check_tasks: 3 }, connectivity: { online: true, canaries: [{ name: "192.0.2.1:53" }] }, conditions: [{ key: "late", failing: false }], operator: true });
});

test("other tenants see whether it answers, and nothing of the whole", async () => {
  expect(await systemAs("ten_other")).toMatchObject({ queues: null, connectivity: null, conditions: null, operator: false });
});

test("retention names the setting, what it is now and what it may be", async () => {
  await using gateway = startTestGateway({}, { settings: { retentionResults: 3_600_000 } });
  const { items } = (await (await gateway.fetch("/api/v1/retention", { headers: bearer("viewer") })).json()) as { items: Record<string, unknown>[] };
  expect(items[0]).toMatchObject({ setting: "retention-results", variable: "UPTIMEPING_RETENTION_RESULTS", keptMs: 3_600_000, default: "90d" });
  expect(items.map(({ setting }) => setting)).toContain("incident-retention");
});
