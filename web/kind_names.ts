/** Every kind of check, the usual ones first, by the name that people see. */
export const kindNames: Record<string, string> = {
  http: "HTTP",
  tls: "TLS",
  tcp: "TCP",
  dns: "DNS",
  icmp: "Ping",
  grpc: "gRPC",
  graphql: "GraphQL",
  websocket: "WebSocket",
  heartbeat: "Heartbeat",
};
