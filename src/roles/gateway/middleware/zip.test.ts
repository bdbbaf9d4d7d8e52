import { deflateRawSync } from "node:zlib";
import { describe, expect, test } from "bun:test";
import { AppError } from "#kernel/errors";
import { readBody } from "./body.ts";
import { unzip } from "./zip.ts";

interface Entry {
  name: string;
  data: Buffer;
  method: 0 | 8 | 12;
  flags?: number;
}

/** A zip archive as common tools write it. */
function zipOf(entries: Entry[], comment = ""): Uint8Array<ArrayBuffer> {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, data, method, flags = 0 } of entries) {
    const packed = method === 8 ? deflateRawSync(data) : data;
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(flags, 2);
    fields.writeUInt16LE(method, 4);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(data.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), fields, Buffer.from(name), packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02"), Buffer.from([20, 0]), fields, rest, Buffer.from(name)]));
    parts.push(local);
    offset += local.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(offset, 12);
  end.writeUInt16LE(comment.length, 16);
  return new Uint8Array(Buffer.concat([...parts, listed, Buffer.from("PK\x05\x06"), end, Buffer.from(comment)]));
}

const bounds = { maxFiles: 3, maxBytes: 10_000 };
const file = (name: string, text: string, method: Entry["method"] = 8, flags = 0): Entry => ({ name, data: Buffer.from(text), method, flags });

function codeOf(work: () => unknown): string {
  try {
    work();
    return "none";
  } catch (error) {
    return error instanceof AppError ? error.code : String(error);
  }
}

describe("an uploaded archive", () => {
  test("gives its files with that ending, packed or not, behind any comment", () => {
    const zip = zipOf([file("a/shop.proto", "// ä"), file("README.md", "no"), file("item.proto", "// two", 0), file("__MACOSX/a/._shop.proto", "\xff\xfe")], "made by hand");
    expect(unzip(zip, ".proto", bounds)).toEqual([{ name: "a/shop.proto", text: "// ä" }, { name: "item.proto", text: "// two" }]);
  });

  test("that grows beyond the bound is refused while it is unpacked", () => {
    const bomb = zipOf([file("bomb.proto", " ".repeat(5_000_000))]);
    expect(bomb.length).toBeLessThan(10_000);
    expect(codeOf(() => unzip(bomb, ".proto", bounds))).toBe("payload_too_large");
    const many = zipOf([file("a.proto", "x".repeat(6_000)), file("b.proto", "x".repeat(6_000))]);
    expect(codeOf(() => unzip(many, ".proto", bounds))).toBe("payload_too_large");
    const stored = zipOf([file("a.proto", "x".repeat(6_000), 0), file("b.proto", "x".repeat(6_000), 0)]);
    expect(codeOf(() => unzip(stored, ".proto", bounds))).toBe("payload_too_large");
    const crowd = zipOf(["a", "b", "c", "d"].map((name) => file(`${name}.proto`, "")));
    expect(codeOf(() => unzip(crowd, ".proto", bounds))).toBe("payload_too_large");
  });

  test("that is broken, encrypted or packed in another way is malformed, wherever it breaks", () => {
    const whole = zipOf([file("a.proto", "// some text that is long enough to be packed")]);
    expect(codeOf(() => unzip(new Uint8Array(), ".proto", bounds))).toBe("malformed");
    expect(codeOf(() => unzip(zipOf([file("a.proto", "x", 12)]), ".proto", bounds))).toBe("malformed");
    expect(codeOf(() => unzip(zipOf([file("a.proto", "x", 8, 1)]), ".proto", bounds))).toBe("malformed");
    for (let length = 0; length < whole.length; length++) expect(codeOf(() => unzip(whole.subarray(0, length), ".proto", bounds))).toBe("malformed");
    for (let i = 0; i < whole.length; i++) {
      const damaged = whole.slice();
      damaged[i] = damaged[i]! ^ 0xff;
      expect(["none", "malformed", "payload_too_large"]).toContain(codeOf(() => unzip(damaged, ".proto", bounds)));
    }
  });
});

test("archives of one form share one bound", async () => {
  const upload = (archives: number) => {
    const form = new FormData();
    for (let i = 0; i < archives; i++) form.append("files", new File([zipOf([file(`${i}.proto`, " ".repeat(6 * 1024 * 1024))])], `${i}.zip`));
    return readBody(new Request("http://localhost/", { method: "POST", body: form }), { maxBytes: 1_000_000, optional: false, takesFiles: true });
  };
  expect(await upload(2)).toMatchObject({ files: [{ name: "0.proto" }, { name: "1.proto" }] });
  await expect(upload(3)).rejects.toMatchObject({ code: "payload_too_large" });
});
