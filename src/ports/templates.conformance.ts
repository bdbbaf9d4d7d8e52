/** The law for every store of templates. */
import { expect, test } from "bun:test";
import type { StoredTemplate, TemplateStore } from "./templates.ts";

export interface TemplatesUnderTest extends AsyncDisposable {
  templates: TemplateStore;
}

const template = (name: string, change: Partial<StoredTemplate> = {}): StoredTemplate => ({
  tenantId: "ten_1",
  name,
  text: "{{title}}\n🔔 «да»",
  updatedAtMs: 1_000,
  updatedBy: "usr_1",
  ...change,
});

export function templatesConformance(open: () => Promise<TemplatesUnderTest>): void {
  test("templates come back as they were written, by name, to their tenant alone", async () => {
    await using under = await open();
    for (const name of ["sms", "email.subject.ru", "slack"]) await under.templates.put(template(name));
    await under.templates.put(template("slack", { tenantId: "ten_2", text: "theirs" }));
    expect(await under.templates.list("ten_1")).toEqual([template("email.subject.ru"), template("slack"), template("sms")]);
    expect(await under.templates.list("ten_3")).toEqual([]);
  });

  test("a template of the same name is replaced", async () => {
    await using under = await open();
    const later = template("slack", { text: "new", updatedAtMs: 2_000, updatedBy: "key_1" });
    await under.templates.put(template("slack"));
    await under.templates.put(later);
    expect(await under.templates.list("ten_1")).toEqual([later]);
  });

  test("removing takes one template of one tenant, once", async () => {
    await using under = await open();
    await under.templates.put(template("slack"));
    await under.templates.put(template("slack.ru"));
    expect(await under.templates.remove("ten_2", "slack")).toBe(false);
    expect(await under.templates.remove("ten_1", "slack")).toBe(true);
    expect(await under.templates.remove("ten_1", "slack")).toBe(false);
    expect((await under.templates.list("ten_1")).map(({ name }) => name)).toEqual(["slack.ru"]);
  });
}
