/** Ways to install the chart that differ in what is rendered. */
export const variants: Record<string, object> = {
  "as it is": {},
  "with NATS": { queue: { kind: "nats" } },
  "with PostgreSQL alone": { queue: { kind: "postgres" }, redis: { enabled: false } },
  "with stores elsewhere": {
    postgresql: { enabled: false },
    database: { url: "postgres://up:secret@db.example.com:5432/up" },
    queue: { url: "amqps://up:secret@mq.example.com" },
    redis: { url: "rediss://cache.example.com:6379" },
  },
  "with a Secret of one's own": { existingSecret: "ours", postgresql: { enabled: false }, queue: { url: "amqp://mq.example.com" }, redis: { url: "redis://cache.example.com" } },
  "with certificates and locations": {
    tls: { enabled: true },
    locations: [{ name: "eu-1" }, { name: "us-1", replicas: 2, nodeSelector: { zone: "us" }, resources: { requests: { cpu: "1", memory: "1Gi" } } }],
  },
  "with everything around it": {
    tls: { enabled: true, source: "certManager", issuer: { name: "ours" } },
    ingress: { enabled: true, className: "nginx", host: "up.example.com", tlsSecret: "up-tls" },
    admin: { email: "ops@example.com", existingSecret: "owner" },
    dashboards: { enabled: true },
    serviceMonitor: { enabled: true, labels: { release: "prometheus" } },
    settings: { "retention-results": "30d", "peers.core": "core.example.com:50054", "log-level": "debug" },
    imagePullSecrets: [{ name: "pull" }],
    podAnnotations: { note: "yes" },
    tolerations: [{ key: "spot", operator: "Exists" }],
    priorityClassName: "high",
    networkPolicy: { gatewayFrom: [{ namespaceSelector: { matchLabels: { name: "ingress" } } }], extraEgress: [{ ports: [{ port: 4318 }] }] },
  },
};
