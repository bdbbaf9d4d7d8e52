/** No text without its Russian, no Russian without its text, and no text that is always English. */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { scanTexts } from "../testing/text_scan.ts";
import { ru } from "./ru.ts";

const web = join(import.meta.dir, "..");
const files = readdirSync(web, { recursive: true, encoding: "utf8" })
  .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$|^(locales|testing)\/|^(i18n|types)\.ts$/.test(file))
  .toSorted();
const scans = files.map((file) => ({ file, ...scanTexts(file, readFileSync(join(web, file), "utf8")) }));
const texts = new Set(scans.flatMap((scan) => scan.texts));
const parametersOf = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!).toSorted();

describe("texts of the dashboard", () => {
  test("every text that a person reads goes through t()", () => {
    const found = scans.flatMap(({ file, bare }) => bare.map((one) => `web/${file}:${one}`));
    expect(found).toEqual([]);
  });

  test("every text has a Russian one", () => {
    expect([...texts].filter((text) => ru[text] === undefined)).toEqual([]);
  });

  test("no Russian text is left over", () => {
    expect(Object.keys(ru).filter((text) => !texts.has(text))).toEqual([]);
  });

  test("a Russian text has the parameters of the English one", () => {
    const differ = Object.entries(ru).filter(([text, russian]) => [russian].flat().some((form) => String(parametersOf(form)) !== String(parametersOf(text))));
    expect(differ.map(([text]) => text)).toEqual([]);
  });
});
