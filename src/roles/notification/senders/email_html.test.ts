import { expect, test } from "bun:test";
import { inflateSync } from "node:zlib";
import { reportOf } from "../templates/report.ts";
import { sampleData } from "../templates/sample.ts";
import { emailHtml } from "./email_html.ts";
import { latencyPng } from "./latency_png.ts";

const runs = Array.from({ length: 60 }, (_, n) => ({ latencyMs: 40 + (n % 7) * 5, failed: n > 56 }));
const atMs = Date.parse("2026-01-31T12:03:20.000Z");
const links = { incident: "https://up.example/i/1", check: null, acknowledge: "https://up.example/ack/1" };

test("the picture is a PNG of a few hundred bytes whose rows unpack to its size", () => {
  const png = latencyPng(runs)!;
  expect(png.subarray(1, 4).toString()).toBe("PNG");
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([536, 96]);
  expect(png.length).toBeLessThan(4_096);
  const at = png.indexOf("IDAT");
  expect(inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4))).length).toBe(96 * 135);
});

test("there is no picture of one run, and latencies that are no numbers draw nothing wrong", () => {
  expect(latencyPng(runs.slice(0, 1))).toBeUndefined();
  expect(latencyPng([{ latencyMs: Number.NaN, failed: false }, { latencyMs: Infinity, failed: false }])?.length).toBeGreaterThan(60);
});

test("a mail says what, why and since when, has both buttons, and loads nothing from elsewhere", () => {
  const report = reportOf({ type: "incident.opened", atMs, data: { ...sampleData, links } }, { locale: "en" });
  const page = emailHtml({ report, locale: "en", colour: "red", picture: { cid: "a@b", alt: "Latency" } });
  for (const text of ["Shop is down</h1>", "status 503, expected 200-299", "2026-01-31 12:00:00 UTC", "3 min 20 s", 'href="https://up.example/ack/1"', ">Open incident</a>"]) {
    expect(page).toContain(text);
  }
  expect(page.match(/(?:src|url\()=?"?[^"\s)]*/g)).toEqual(['src="cid:a@b']);
});

test("values add no element to a mail", () => {
  const evil = '"><script>alert(1)</script><img src=x>';
  const data = { ...sampleData, check: { ...sampleData.check!, name: evil }, links: { ...links, incident: `https://x/"><script>` } };
  const page = emailHtml({ report: reportOf({ type: "incident.opened", atMs, data }, { locale: "ru" }), locale: "ru", colour: "red" });
  expect(page).not.toContain("<script");
  expect(page).not.toContain("<img");
});
