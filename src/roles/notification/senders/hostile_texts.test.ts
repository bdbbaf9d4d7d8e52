/** Whatever stands in names, errors and tags: each request keeps to what its provider documents, and goes where its channel says. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseChannel } from "../channel_document.ts";
import { sampleData } from "../templates/sample.ts";
import { providers } from "./catalogue.ts";
import type { Provider } from "./provider.ts";
import { documented, type ProviderType } from "./test_documented.ts";
import { toldBy } from "./told.ts";

const types = ["incident.opened", "incident.reopened", "incident.acknowledged", "incident.resolved", "incident.severity_raised", "incident.reminder", "test"] as const;
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 400 }),
  fc.array(fc.constantFrom("@everyone", "<!channel>", "\r\n", "{to}", "{{x}}", '"', "\\", "\u202e", "\ud83d\ude00", "/close ", "%0a", "&#64;", "\u0000"), { maxLength: 2_000 }).map((parts) => parts.join("")),
);
const told = fc.record({ type: fc.constantFrom(...types), name: text, error: text, tags: fc.dictionary(text, text, { maxKeys: 3 }), template: fc.constantFrom(undefined, "{{title}} {{result.error.message}}") });

describe.each(Object.keys(providers) as ProviderType[])("%s", (type) => {
  test("takes any text", () => {
    const provider = providers[type] as unknown as Provider;
    const base = "https://up.example:8443";
    const { settings } = parseChannel({ type, name: "A", settings: documented[type].settings(base) as never });
    const { schema, body } = documented[type];
    fc.assert(
      fc.property(told, ({ type: event, name, error, tags, template }) => {
        const data = { ...sampleData, check: { ...sampleData.check!, name, tags }, incident: { ...sampleData.incident!, id: "inc_1", checkName: name }, result: { error: { kind: "x", message: error, hash: "h" } } };
        const message = { id: "ntf_1", type: event, atMs: 1_769_860_800_000, data, reached: [] };
        const request = provider.request({ ...toldBy(message, provider, { template }, 1_769_860_800_000), to: "+15551234567" }, settings as never);
        if ("nothing" in request) return;
        expect(new URL(request.url).origin).toBe(base);
        const sent = body === "form" ? Object.fromEntries(Object.entries(request.form ?? {}).filter(([, value]) => value !== undefined)) : (JSON.parse(JSON.stringify(request.json)) as unknown);
        expect(schema.safeParse(sent).error?.issues ?? []).toEqual([]);
        expect(JSON.stringify(sent)).not.toMatch(/\\ud[89a-f]|\u202e/i);
      }),
      { numRuns: 60 },
    );
  });
});
