import { describe, expect, test } from "bun:test";
import { isCurl, readCurl, type CurlRequest } from "./curl_command.ts";

/** What a command says that differs from a plain GET. */
function said(command: string): Partial<CurlRequest> {
  const plain = readCurl("curl");
  return Object.fromEntries(Object.entries(readCurl(command)).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(plain[name as keyof CurlRequest])));
}

const form = ["Content-Type", "application/x-www-form-urlencoded"] as const;
const url = "https://a.example/";

describe("a curl command", () => {
  test.each<[command: string, request: Partial<CurlRequest>]>([
    ["curl https://a.example/", { url }],
    ["  $ curl   https://a.example/  ", { url }],
    ["/usr/bin/curl a.example/health", { url: "http://a.example/health" }],
    ["curl.exe --url https://a.example/", { url }],
    ["curl --url=https://a.example/", { url }],
    ["curl -X DELETE https://a.example/", { url, method: "DELETE" }],
    ["curl -XPUT https://a.example/", { url, method: "PUT" }],
    ["curl --request patch https://a.example/", { url, method: "PATCH" }],
    ["curl -I https://a.example/", { url, method: "HEAD" }],
    ["curl -sSfLk https://a.example/", { url, follows: true, insecure: true }],
    ["curl -sLXPOST https://a.example/", { url, follows: true, method: "POST" }],
    ["curl --insecure --location --max-redirs 3 https://a.example/", { url, insecure: true, follows: true, maxRedirects: 3 }],
    ["curl -m 2.5 https://a.example/", { url, timeoutMs: 2_500 }],
    ["curl --max-time 30 --retry 2 --retry-delay 1 https://a.example/", { url, timeoutMs: 30_000, retries: 2, retryDelayMs: 1_000 }],
    ["curl -4 --http2 --tlsv1.3 https://a.example/", { url, ipFamily: "4", httpVersion: "2", tlsAtLeast: "1.3" }],
    ["curl -u ann:s3:cret https://a.example/", { url, user: { name: "ann", password: "s3:cret" } }],
    ["curl -uann https://a.example/", { url, user: { name: "ann", password: "" } }],
    ["curl https://ann:p%40ss@a.example/", { url, user: { name: "ann", password: "p@ss" } }],
    ["curl --oauth2-bearer tok https://a.example/", { url, bearer: "tok" }],
    ["curl -H 'Authorization: Bearer tok' https://a.example/", { url, bearer: "tok" }],
    ["curl -H 'Authorization: Basic YW5uOnNlY3JldA==' https://a.example/", { url, user: { name: "ann", password: "secret" } }],
    ["curl -H 'Authorization: Custom x y' https://a.example/", { url, headers: [["Authorization", "Custom x y"]] }],
    ["curl -A probe -e https://b.example -r 0-9 https://a.example/", { url, headers: [["User-Agent", "probe"], ["Referer", "https://b.example"], ["Range", "bytes=0-9"]] }],
    ["curl -b 'a=1; b=2' -b c=3 https://a.example/", { url, headers: [["Cookie", "a=1; b=2; c=3"]] }],
    ["curl -H X-Empty\\; -H 'X-Gone:' -H 'X-A:  1 ' https://a.example/", { url, headers: [["X-Empty", ""], ["X-A", "1"]] }],
    ["curl 'https://a.example/?a=1&b=2' -o /dev/null -w '%{http_code}' --compressed", { url: "https://a.example/?a=1&b=2" }],
    ["curl https://a.example/?a=1&b=2", { url: "https://a.example/?a=1&b=2" }],
    ["curl https://a.example/ | jq .", { url }],
    ["curl https://a.example/ > out.txt", { url }],
    ["curl https://a.example/ # a remark", { url }],
    ["curl -- https://a.example/", { url }],
  ])("%s", (command, request) => expect(said(command)).toEqual(request));

  test.each<[command: string, request: Partial<CurlRequest>]>([
    ["curl -d a=1 -d b=2 https://a.example/", { url, method: "POST", body: "a=1&b=2", headers: [form] }],
    ["curl -X PUT --data-binary '' https://a.example/", { url, method: "PUT", body: "", headers: [form] }],
    ["curl -H 'content-type: text/plain' --data-raw '@home' https://a.example/", { url, method: "POST", body: "@home", headers: [["content-type", "text/plain"]] }],
    ["curl --json '{\"a\":1}' https://a.example/", { url, method: "POST", body: '{"a":1}', headers: [["Content-Type", "application/json"], ["Accept", "application/json"]] }],
    ["curl --json '{\"a\":' --json '1}' https://a.example/", { url, method: "POST", body: '{"a":1}', headers: [["Content-Type", "application/json"], ["Accept", "application/json"]] }],
    ["curl --data-urlencode 'q=a b&c' --data-urlencode '=x y' --data-urlencode 'é' https://a.example/", { url, method: "POST", body: "q=a%20b%26c&x%20y&%C3%A9", headers: [form] }],
    ["curl -G -d a=1 -d b=2 'https://a.example/?c=3#top'", { url: "https://a.example/?c=3&a=1&b=2#top" }],
    ["curl --url-query 'q=a b' https://a.example/", { url: "https://a.example/?q=a%20b" }],
  ])("with a body: %s", (command, request) => expect(said(command)).toEqual(request));
});

describe("quoting", () => {
  test.each<[name: string, command: string, body: string]>([
    ["single quotes keep everything", `curl -d '{"a":"\\n$HOME"}' h`, '{"a":"\\n$HOME"}'],
    ["an apostrophe between single quotes", `curl -d 'it'\\''s' h`, "it's"],
    ["double quotes and their escapes", `curl -d "{\\"a\\": \\"\\$1 \\\\ \\n\\"}" h`, '{"a": "$1 \\ \\n"}'],
    ["$'…' as browsers write it", `curl --data-raw $'it\\'s \\u0041\\x42\\103\\n\\t\\\\' h`, "it's ABC\n\t\\"],
    ["$'…' beyond the plane", `curl --data-raw $'\\U0001F600' h`, "😀"],
    ["joined pieces", `curl -d a"b c"'d e'f h`, "ab cd ef"],
    ["lines that go on", "curl \\\n  -d 'a' \\\r\n  h", "a"],
    ["a line that goes on inside double quotes", 'curl -d "a\\\nb" h', "ab"],
    ["a body over several lines", "curl -d '{\n  \"a\": 1\n}' h", '{\n  "a": 1\n}'],
    ["an escaped blank", "curl -d a\\ b h", "a b"],
  ])("%s", (_, command, body) => expect(readCurl(command)).toMatchObject({ url: "http://h", body, open: "", left: expect.any(Array) }));

  test("cmd.exe as Chromium writes it", () => {
    const command = ['curl ^"https://a.example/x?a=1^&b=%^20^" ^', '  -X ^"POST^" ^', '  -H ^"accept: */*^" ^', '  -b ^"sid=1; t=^%^5B^" ^', '  --data-raw ^"^{^\\^"a^\\^":^\\^"b ^\\^\\n^\\^"^}^"'].join("\r\n");
    expect(readCurl(command)).toMatchObject({ url: "https://a.example/x?a=1&b=%20", method: "POST", headers: [["accept", "*/*"], form, ["Cookie", "sid=1; t=%5B"]], body: '{"a":"b \\n"}', left: [] });
  });

  test("cmd.exe as people write it", () => {
    expect(readCurl('curl -X POST ^\n -d "{""a"":""C:\\temp""}" ^\n https://a.example/')).toMatchObject({ url, method: "POST", body: '{"a":"C:\\temp"}' });
    expect(readCurl('curl ^"https://a.example/^" --data-raw ^"one^\n\ntwo^"')).toMatchObject({ body: "one\ntwo" });
  });

  test("a quote that nobody closed is told, and what is there is kept", () => {
    expect(readCurl("curl https://a.example/ -H 'X-A: 1' -d '{\"a\":1")).toMatchObject({ open: "'", body: '{"a":1', headers: [["X-A", "1"], form] });
    expect(readCurl('curl "https://a.example/').open).toBe('"');
    expect(readCurl("curl $'a").open).toBe("$'");
  });
});

describe("nothing is lost in silence", () => {
  test.each<[command: string, left: CurlRequest["left"]]>([
    ["curl --frobnicate https://a.example/", [{ what: "--frobnicate", because: "unknown" }]],
    ["curl --constructor https://a.example/", [{ what: "--constructor", because: "unknown" }]],
    ["curl -% https://a.example/", [{ what: "-%", because: "unknown" }]],
    ["curl --frobnicate much https://a.example/", [{ what: "--frobnicate", because: "unknown" }, { what: "much", because: "second" }]],
    ["curl -x http://proxy:3128 https://a.example/", [{ what: "-x http://proxy:3128", because: "cannot" }]],
    ["curl --digest -u a:b https://a.example/", [{ what: "--digest", because: "cannot" }]],
    ["curl -F file=@a.png https://a.example/", [{ what: "-F file=@a.png", because: "cannot" }]],
    ["curl -d @body.json https://a.example/", [{ what: "-d @body.json", because: "file" }]],
    ["curl -b cookies.txt https://a.example/", [{ what: "-b cookies.txt", because: "file" }]],
    ["curl --cert me.pem https://a.example/", [{ what: "--cert me.pem", because: "cannot" }]],
    ["curl https://a.example/ https://b.example/", [{ what: "https://b.example/", because: "second" }]],
    ["curl https://a.example/ --next -d x https://b.example/", [{ what: "--next -d x https://b.example/", because: "second" }]],
    ["curl -m soon https://a.example/", [{ what: "--max-time soon", because: "value" }].map((one) => ({ ...one, what: "-m soon" }) as const) as CurlRequest["left"]],
    ["curl https://a.example/ -H", [{ what: "-H", because: "value" }]],
    ["curl -H nonsense https://a.example/", [{ what: "-H nonsense", because: "value" }]],
    ["curl -H \"X-Key: $API_KEY\" https://a.example/", [{ what: "$API_KEY", because: "variable" }]],
  ])("%s", (command, left) => expect(readCurl(command)).toMatchObject({ url, left }));

  test("any text at all is read without an error", () => {
    for (const text of ["curl", "curl -", "curl --", "curl ''", "curl \\", "curl -d", "curl $'\\", "curl ^", "curl -H ':' x", "curl %%%", "curl http://[", "curl -u '' http://@", `curl ${"-d x ".repeat(5_000)}h`]) expect(() => readCurl(text)).not.toThrow();
  });

  test("what is a curl command", () => {
    expect(["curl x", " $ curl x", "/bin/curl x", "C:\\w\\curl.exe x", "curl"].map(isCurl)).toEqual([true, true, true, true, true]);
    expect(["curly x", "https://curl.se", "grpcurl x", ""].map(isCurl)).toEqual([false, false, false, false]);
  });
});
