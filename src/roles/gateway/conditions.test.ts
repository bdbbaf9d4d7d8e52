import { describe, expect, test } from "bun:test";
import { AppError } from "#kernel/errors";
import { bearer, startTestGateway } from "./test_gateway.ts";

const core = {
  getCheckStatus: () => Promise.resolve({ checkId: "chk_1", state: "down" }),
  listCheckStatuses: () => Promise.resolve({ items: [{ checkId: "chk_1", state: "down" }, { checkId: "chk_2", state: "up" }] }),
};
const suspected = { checkId: "chk_1", condition: "suspected", flapping: true, maintenance: "", locationsDown: ["eu"], locationsUp: ["us"] };

async function read(incident: object, path: string) {
  await using gateway = startTestGateway({ core, incident } as never);
  const response = await gateway.fetch(`/api/v1${path}`, { headers: bearer("viewer") });
  return (await response.json()) as { items: object[] };
}

describe("what is believed of a check", () => {
  test("stands beside its state", async () => {
    const status = await read({ listCheckConditions: () => Promise.resolve({ items: [suspected] }) }, "/checks/chk_1/status");
    expect(status).toMatchObject({ state: "down", condition: "suspected", flapping: true, maintenance: null, locationsDown: ["eu"], locationsUp: ["us"] });
  });

  test("is asked once for a whole list, of those that are not quiet", async () => {
    const asked: string[][] = [];
    const listCheckConditions = ({ checkIds }: { checkIds: string[] }) => {
      asked.push(checkIds);
      return Promise.resolve({ items: [suspected] });
    };
    const { items } = await read({ listCheckConditions }, "/statuses?brief=true");
    expect(items).toMatchObject([{ checkId: "chk_1", condition: "suspected" }, { checkId: "chk_2" }]);
    expect([Object.hasOwn(items[1]!, "condition"), asked]).toEqual([false, [[]]]);
  });

  test("is left out while the incident role is away", async () => {
    const away = { listCheckConditions: () => Promise.reject(new AppError("unavailable", "the incident role is away")) };
    const status = await read(away, "/checks/chk_1/status");
    expect(status).toMatchObject({ checkId: "chk_1", state: "down" });
    expect(Object.hasOwn(status, "condition")).toBe(false);
  });
});
