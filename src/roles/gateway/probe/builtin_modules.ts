/** The modules that are there without a file: those of the exporter's example that we can run, under the same names. */
import type { JsonObject } from "@bufbuild/protobuf";

export const builtinModules: JsonObject = {
  http_2xx: { prober: "http" },
  http_post_2xx: { prober: "http", http: { method: "POST" } },
  tcp_connect: { prober: "tcp" },
  pop3s_banner: { prober: "tcp", tcp: { query_response: [{ expect: "^\\+OK" }], tls: true } },
  ssh_banner: { prober: "tcp", tcp: { query_response: [{ expect: "^SSH-2.0-" }, { send: "SSH-2.0-blackbox-ssh-check" }] } },
  irc_banner: {
    prober: "tcp",
    tcp: {
      query_response: [
        { send: "NICK prober" },
        { send: "USER prober prober prober :prober" },
        { expect: "PING :([^ ]+)", send: "PONG ${1}" },
        { expect: "^:[^ ]+ 001" },
      ],
    },
  },
  grpc: { prober: "grpc", grpc: { tls: true } },
  grpc_plain: { prober: "grpc" },
  icmp: { prober: "icmp" },
};
