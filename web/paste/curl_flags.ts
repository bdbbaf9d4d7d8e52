/** The flags of curl (https://curl.se/docs/manpage.html) as far as they say something about a request, and what the others are about. */
export const shortFlags: Record<string, string> = {
  X: "request", H: "header", d: "data", u: "user", k: "insecure", L: "location", m: "max-time", b: "cookie", A: "user-agent", e: "referer", G: "get", I: "head",
  F: "form", x: "proxy", U: "proxy-user", T: "upload-file", r: "range", E: "cert", K: "config", c: "cookie-jar", o: "output", D: "dump-header", w: "write-out",
  y: "speed-time", Y: "speed-limit", z: "time-cond", C: "continue-at", P: "ftp-port", Q: "quote", t: "telnet-option",
  s: "silent", S: "show-error", v: "verbose", i: "include", f: "fail", O: "remote-name", J: "remote-header-name", N: "no-buffer", q: "disable", n: "netrc", a: "append",
  g: "globoff", j: "junk-session-cookies", l: "list-only", M: "manual", R: "remote-time", Z: "parallel", "#": "progress-bar", ":": "next",
  "0": "http1.0", "1": "tlsv1", "2": "sslv2", "3": "sslv3", "4": "ipv4", "6": "ipv6", p: "proxytunnel", B: "use-ascii", V: "version", h: "help",
};

/** Take a value, and are read. */
export const readWithValue = new Set([
  "request", "header", "data", "data-ascii", "data-raw", "data-binary", "data-urlencode", "json", "user", "max-time", "cookie", "user-agent", "referer", "range",
  "url", "url-query", "max-redirs", "oauth2-bearer", "retry", "retry-delay", "tls-max", "connect-timeout",
]);

/** Take none, and are read. */
export const readAlone = new Set(["insecure", "location", "location-trusted", "get", "head", "basic", "http1.0", "http1.1", "http2", "http2-prior-knowledge", "ipv4", "ipv6", "tlsv1", "tlsv1.0", "tlsv1.1", "tlsv1.2", "tlsv1.3", "ssl-reqd"]);

/** About what curl shows or keeps, never about what it asks: a check loses nothing without them. */
export const showing: Record<string, boolean> = {
  silent: false, "show-error": false, verbose: false, include: false, "show-headers": false, fail: false, "fail-with-body": false, "fail-early": false, "remote-name": false, "remote-header-name": false,
  "no-buffer": false, buffer: false, disable: false, globoff: false, "junk-session-cookies": false, "remote-time": false, parallel: false, "progress-bar": false, "no-progress-meter": false, compressed: false,
  "create-dirs": false, "path-as-is": false, "retry-connrefused": false, "retry-all-errors": false, "use-ascii": false, "no-keepalive": false, "tcp-nodelay": false, "styled-output": false,
  output: true, "output-dir": true, "dump-header": true, "write-out": true, "cookie-jar": true, stderr: true, trace: true, "trace-ascii": true, "keepalive-time": true, "max-filesize": true, "speed-time": true, "speed-limit": true, "retry-max-time": true,
};

/** What a check cannot do or a browser cannot read; each is named to the person. True when it takes a value. */
export const untaken: Record<string, boolean> = {
  form: true, "form-string": true, proxy: true, "proxy-user": true, "proxy-header": true, "upload-file": true, cert: true, "cert-type": true, key: true, "key-type": true, pass: true, cacert: true, capath: true, config: true, resolve: true,
  "connect-to": true, interface: true, "unix-socket": true, "abstract-unix-socket": true, "limit-rate": true, "time-cond": true, "continue-at": true, "ftp-port": true, quote: true, "telnet-option": true, ciphers: true, "tls13-ciphers": true,
  "dns-servers": true, "doh-url": true, "aws-sigv4": true, "netrc-file": true, socks5: true, "socks5-hostname": true, socks4: true, preproxy: true, pinnedpubkey: true, variable: true, "expand-url": true, "expand-data": true, "expand-header": true,
  noproxy: true, "local-port": true, "request-target": true, "proto": true, "proto-default": true, "happy-eyeballs-timeout-ms": true, "hsts": true, "alt-svc": true, "curves": true, "engine": true, "crlfile": true,
  digest: false, ntlm: false, negotiate: false, anyauth: false, netrc: false, "netrc-optional": false, http3: false, "http3-only": false, "http0.9": false, proxytunnel: false, post301: false, post302: false, post303: false, "cert-status": false, "proxy-insecure": false, append: false, "list-only": false, sslv2: false, sslv3: false,
};

export function takesValue(flag: string): boolean {
  return readWithValue.has(flag) || (Object.hasOwn(showing, flag) && showing[flag]!) || (Object.hasOwn(untaken, flag) && untaken[flag]!);
}
