import { expect, test } from "bun:test";
import fc from "fast-check";
import { defaultTemplates } from "./defaults.ts";
import { compile } from "./engine.ts";
import type { EscapeName } from "./escapes.ts";
import { contextOf, sampleContext, sampleData } from "./sample.ts";

const render = (text: string, context: object = sampleContext, escape: EscapeName = "plain") => compile(text).render(context, escape);

test("values, conditions, loops and formatters print what they say", () => {
  const context = { name: "Shop", up: false, list: [{ n: 1 }, { n: 2 }], empty: [], at: "2026-01-31T12:00:00.000Z", ms: 90_000 };
  const cases: [string, string][] = [
    ["{{name}} {{missing}}{{name.x.y}}", "Shop "],
    ["{{#if up}}yes{{else if empty}}some{{else}}no{{/if}}", "no"],
    ["{{#unless up}}down{{/unless}}", "down"],
    ["{{#each list}}{{@index}}:{{n}} of {{../name}}{{#unless @last}}, {{/unless}}{{/each}}", "0:1 of Shop, 1:2 of Shop"],
    ["{{#each empty}}x{{else}}none{{/each}}", "none"],
    ["{{date at}} {{duration ms}} {{upper name}} {{truncate name 3}}", "2026-01-31 12:00:00 UTC 1m30s SHOP Sh…"],
    ['{{default missing "n/a"}} {{#if (eq name "Shop")}}same{{/if}} {{url "a b"}} {{json list}}', 'n/a same a%20b [{"n":1},{"n":2}]'],
    ["{{list.length}} {{@root.name}}{{! a comment }}", "2 Shop"],
  ];
  for (const [text, expected] of cases) expect(render(text, context)).toBe(expected);
});

test("what could reach code is refused when a template is read", () => {
  const attacks = [
    "{{constructor}}",
    "{{title.constructor}}",
    "{{__proto__.polluted}}",
    "{{incident.__proto__}}",
    '{{#with "s" as |string|}}{{/with}}',
    "{{#with incident}}{{id}}{{/with}}",
    "{{> partial}}",
    "{{#> layout}}{{/layout}}",
    "{{* decorator}}",
    '{{lookup incident "constructor"}}',
    '{{log "x"}}',
    "{{{incident.id}}}",
    "{{&incident.id}}",
    "{{#each incident.causes as |cause|}}{{cause}}{{/each}}",
    '{{json incident key="x"}}',
    "{{helperMissing}} {{#blockHelperMissing}}{{/blockHelperMissing}}",
    "{{#incident}}{{id}}{{/incident}}",
    "{{#if a}}{{#if b}}{{#if c}}{{#if d}}x{{/if}}{{/if}}{{/if}}{{/if}}",
    "{{#if}}x{{/if}}",
    "{{title",
  ];
  for (const attack of attacks) expect(() => compile(attack), attack).toThrow();
  expect(() => compile({ type: "Program", body: [] } as never)).toThrow("a template is text");
});

test("inherited properties do not exist", () => {
  expect(render("[{{toString}}{{incident.hasOwnProperty}}{{title.length}}{{valueOf}}]")).toBe("[]");
});

test("loops in loops end at the budget, and output ends at its size", () => {
  const list = Array.from({ length: 120 }, (_, n) => n);
  const bomb = "{{#each list}}{{#each @root.list}}{{#each @root.list}}xxxxxxxxxx{{/each}}{{/each}}{{/each}}";
  // Time of the processor, not of the wall: others may work on this machine.
  const begun = process.cpuUsage();
  expect(() => render(bomb, { list })).toThrow(/steps|larger/);
  const silent = "{{#each list}}{{#each @root.list}}{{#each @root.list}}{{missing}}{{/each}}{{/each}}{{/each}}";
  expect(() => render(silent, { list })).toThrow("more than 20000 steps");
  expect(process.cpuUsage(begun).user / 1_000).toBeLessThan(400);
  expect(() => render("one\n{{#each list}}{{../text}}{{/each}}", { list, text: "x".repeat(2_000) })).toThrow("line 2: the output is larger");
  expect(() => compile("x".repeat(16_385))).toThrow("at most 16384");
});

test("a refusal says which line", () => {
  expect(() => compile("one\ntwo {{> x}}")).toThrow("line 2: partials and decorators are not allowed");
  expect(() => compile('{"a":\n{{json title}}}')).toThrow('line 2: cannot be read near "{"a":{{json title}}}": put a space between "}}" and "}"');
});

test("whatever the values are, JSON stays JSON and HTML gains no element", () => {
  const json = compile('{"a":"{{a}}","b":{{json b}} }');
  const html = compile("<b title='{{a}}'>{{a}}{{json b}}</b>");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.jsonValue(), (a, b) => {
      const parsed = JSON.parse(json.render({ a, b }, "json")) as { a: string; b: unknown };
      expect(parsed.a).toBe(a);
      expect(JSON.stringify(parsed.b)).toBe(JSON.stringify(JSON.parse(JSON.stringify(b))));
      expect(html.render({ a, b }, "html").match(/[<>']/g)).toEqual(["<", "'", "'", ">", "<", ">"]);
    }),
  );
}, 30_000);

test("a name cannot mention a channel on Slack, and cannot turn text around", () => {
  expect(render("{{a}}", { a: "<!channel> & <@U1>" }, "slack")).toBe("&lt;!channel&gt; &amp; &lt;@U1&gt;");
  expect(render("{{a}}", { a: "x\u202egpj.exe\u0007" }, "telegram")).toBe("xgpj.exe");
});

test("every default renders every kind of event", () => {
  // The body stands below a title that is shown apart.
  for (const [name, text] of Object.entries(defaultTemplates).filter(([template]) => template !== "body")) {
    for (const type of ["incident.opened", "incident.acknowledged", "incident.resolved", "incident.reopened"]) {
      const context = contextOf(type, 0, { ...sampleData, result: null });
      expect(render(text, context, name === "webhook" ? "json" : "plain")).toContain(name === "webhook" ? type : "Shop is");
    }
    const message = contextOf("message", 0, { message: { subject: "Moving day", text: "at noon" } });
    expect(render(text, message, name === "webhook" ? "json" : "plain")).toContain("Moving day");
  }
});
