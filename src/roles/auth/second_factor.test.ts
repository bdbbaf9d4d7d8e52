import { expect, test } from "bun:test";
import { nobody, owner, startSignedIn } from "../../testing/auth_role.ts";
import { base32, matchingStep, totpCode } from "./totp.ts";

test("codes are those of RFC 6238, appendix B", () => {
  const secret = Buffer.from("12345678901234567890");
  const cases: [number, string][] = [[59, "287082"], [1111111109, "081804"], [1111111111, "050471"], [1234567890, "005924"], [2000000000, "279037"], [20000000000, "353130"]];
  for (const [seconds, code] of cases) expect(totpCode(secret, Math.floor(seconds / 30))).toBe(code);
  expect(base32(secret)).toBe("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  expect(base32(Buffer.from("fooba"))).toBe("MZXW6YTB");
  expect(base32(Buffer.from("foob"))).toBe("MZXW6YQ");
});

test("a code is good one step early and one step late, not two", () => {
  const secret = Buffer.from("12345678901234567890");
  const code = totpCode(secret, 100);
  expect([98, 99, 100, 101, 102].map((step) => matchingStep(secret, code, step * 30_000))).toEqual([undefined, 100, 100, 100, undefined]);
  for (const text of ["", "12345", "1234567", "12345a", `${code} `]) expect(matchingStep(secret, text, 3_000_000)).toBeUndefined();
});

async function enrolled() {
  const role = await startSignedIn();
  const { secret, uri } = await role.auth.enrolTotp({}, role.ann);
  const bytes = fromBase32(secret);
  const code = () => totpCode(bytes, Math.floor(role.clock.now() / 30_000));
  return { ...role, secret, uri, code };
}

function fromBase32(text: string): Uint8Array {
  const bits = text.split("").map((char) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(char).toString(2).padStart(5, "0")).join("");
  return Uint8Array.from(bits.match(/.{8}/g)!, (byte) => Number.parseInt(byte, 2));
}

test("once enabled, signing in needs a code, and each code works once", async () => {
  await using under = await enrolled();
  const { auth, ann, clock, code, secret, store } = under;
  expect(under.uri).toBe(`otpauth://totp/UptimePing:ann%40example.org?secret=${secret}&issuer=UptimePing`);
  expect(JSON.stringify(store.all("SELECT * FROM users"))).not.toContain(secret);
  await auth.login(owner, nobody);
  expect(await auth.verifyTotp({ code: code() }, ann)).toMatchObject({ enabled: true });

  const needed = { code: "unauthenticated", fields: [{ pointer: "/totp", message: "a six-digit code from your authenticator app is needed" }] };
  expect(auth.login(owner, nobody)).rejects.toMatchObject(needed);
  expect(auth.login({ ...owner, password: "a wrong password" }, nobody)).rejects.toMatchObject({ fields: [] });
  expect(auth.login({ ...owner, totp: code() }, nobody)).rejects.toMatchObject({ code: "unauthenticated" });
  clock.jump(30_000);
  const both = await Promise.allSettled([auth.login({ ...owner, totp: code() }, nobody), auth.login({ ...owner, totp: code() }, nobody)]);
  expect(both.map((one) => one.status).sort()).toEqual(["fulfilled", "rejected"]);
  clock.jump(30_000);
  expect(await auth.disableTotp({ code: code() }, ann)).toMatchObject({ enabled: false });
  await auth.login(owner, nobody);
});

test("guessing codes is stopped after five", async () => {
  await using under = await enrolled();
  const { auth, ann, code, clock } = under;
  const wrong = () => String((Number(code()) + 1) % 1_000_000).padStart(6, "0");
  for (let i = 0; i < 5; i++) expect(auth.verifyTotp({ code: wrong() }, ann)).rejects.toMatchObject({ code: "unauthenticated" });
  expect(auth.verifyTotp({ code: code() }, ann)).rejects.toMatchObject({ code: "rate_limited", retryAfterS: 300 });
  await clock.advance(300_000);
  await auth.verifyTotp({ code: code() }, ann);
});

async function enabled() {
  const under = await enrolled();
  const { recoveryCodes } = await under.auth.verifyTotp({ code: under.code() }, under.ann);
  return { ...under, recoveryCodes };
}

test("recovery codes are told once, are kept as hashes, and each signs in once", async () => {
  await using under = await enabled();
  const { auth, ann, recoveryCodes, store } = under;
  expect(new Set(recoveryCodes).size).toBe(10);
  for (const code of recoveryCodes) expect(code).toMatch(/^[A-Z2-7]{5}-[A-Z2-7]{5}-[A-Z2-7]{5}$/);
  const kept = JSON.stringify([store.all("SELECT * FROM recovery_codes"), store.all("SELECT * FROM audit_entries")]);
  for (const code of recoveryCodes) for (const text of [code, code.replaceAll("-", "")]) expect(kept).not.toContain(text);

  const typed = recoveryCodes[3]!.toLowerCase().replaceAll("-", " ");
  const both = await Promise.allSettled([auth.login({ ...owner, totp: typed }, nobody), auth.login({ ...owner, totp: recoveryCodes[3]! }, nobody)]);
  expect(both.map((one) => one.status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(auth.login({ ...owner, totp: recoveryCodes[3]! }, nobody)).rejects.toMatchObject({ code: "unauthenticated", fields: [{ pointer: "/totp" }] });
  expect(await auth.getSecondFactor({}, ann)).toMatchObject({ enabled: true, recoveryCodesLeft: 9 });
  const { items } = await auth.listAudit({ action: "auth.login" }, ann);
  expect(items.map(({ outcome, detailJson }) => [outcome, detailJson])).toContainEqual(["ok", '{"by":"recovery_code"}']);
});

test("guessing recovery codes is stopped after five, as with codes", async () => {
  await using under = await enabled();
  const { auth, recoveryCodes } = under;
  for (let i = 0; i < 5; i++) expect(auth.login({ ...owner, totp: "AAAAA-AAAAA-AAAAA" }, nobody)).rejects.toMatchObject({ code: "unauthenticated" });
  expect(auth.login({ ...owner, totp: recoveryCodes[0]! }, nobody)).rejects.toMatchObject({ code: "rate_limited" });
});

test("new recovery codes need the password, and end the old ones", async () => {
  await using under = await enabled();
  const { auth, ann, recoveryCodes } = under;
  expect(auth.renewRecoveryCodes({ password: "a wrong password" }, ann)).rejects.toMatchObject({ code: "invalid_argument", fields: [{ pointer: "/password" }] });
  const renewed = await auth.renewRecoveryCodes({ password: owner.password }, ann);
  expect(renewed.recoveryCodes).toHaveLength(10);
  expect(auth.login({ ...owner, totp: recoveryCodes[0]! }, nobody)).rejects.toMatchObject({ code: "unauthenticated" });
  await auth.login({ ...owner, totp: renewed.recoveryCodes[0]! }, nobody);
});

test("the second factor goes off with the password, and takes the recovery codes with it", async () => {
  await using under = await enabled();
  const { auth, ann, store } = under;
  expect(auth.disableTotp({ password: "a wrong password" }, ann)).rejects.toMatchObject({ fields: [{ pointer: "/password" }] });
  expect(auth.disableTotp({}, ann)).rejects.toMatchObject({ code: "unauthenticated" });
  expect(await auth.disableTotp({ password: owner.password }, ann)).toMatchObject({ enabled: false });
  expect(store.all("SELECT * FROM recovery_codes")).toEqual([]);
  expect(auth.renewRecoveryCodes({ password: owner.password }, ann)).rejects.toMatchObject({ code: "failed_precondition" });
  await auth.login(owner, nobody);
});

test("an app's code may be typed as the app shows it, in two groups", async () => {
  await using under = await enabled();
  under.clock.jump(30_000);
  const code = under.code();
  await under.auth.login({ ...owner, totp: `${code.slice(0, 3)} ${code.slice(3)}` }, nobody);
});
