/** The chart, rendered by helm: every object is one of Kubernetes, and all of them together are UptimePing's. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { readSettings, unknownVariables, type Settings } from "../../src/app/settings.ts";
import { loadRoles, roleNames, roles, type RoleName } from "../../src/roles/index.ts";
import { chart, createHelm, runsHelm, type Manifest } from "./testing/helm.ts";
import { problemsOf } from "./testing/kubernetes_schema.ts";
import { variants } from "./testing/values.ts";
import { allows, componentOf, matches, workloadsOf, type Labels, type PolicySpec, type Workload } from "./testing/workloads.ts";

interface RoleFacts {
  port: number;
  needs: string[];
  stores: string[];
  leads?: boolean;
  vault?: boolean;
  world?: boolean;
}

const served = roleNames.filter((name) => name !== "cli");
const declared = new Map((await loadRoles(served)).map((role) => [role.name as RoleName, role]));
const allRoles = await loadRoles(roleNames);
const facts = parse(readFileSync(join(chart, "roles.yaml"), "utf8")) as Record<string, RoleFacts>;

test("roles.yaml says of each role what the role says of itself", () => {
  const notKept = ["vault", "egress", "rateLimits", "queue"];
  const expected = Object.fromEntries(
    served.map((name) => {
      const { needs, uses, leads } = declared.get(name)!;
      const stores = [...(leads || uses.some((use) => !notKept.includes(use) || use === "queue") ? ["database"] : []), ...(uses.includes("queue") ? ["queue"] : []), ...(uses.includes("rateLimits") ? ["redis"] : [])];
      return [name, { port: roles[name].port, needs: Object.keys(needs).sort(), stores, leads, vault: uses.includes("vault"), world: uses.includes("egress") }];
    }),
  );
  const written = Object.fromEntries(Object.entries(facts).map(([name, { port, needs, stores, leads = false, vault = false, world = false }]) => [name, { port, needs: [...needs].sort(), stores, leads, vault, world }]));
  expect(written).toEqual(expected);
});

if (!runsHelm && process.env["CI"] !== "true") test.skip("the chart is rendered: helm is at hand for Linux on x64 only", () => {});
else await describeChart();

async function describeChart(): Promise<void> {
  const helm = createHelm();
  afterAll(() => helm[Symbol.dispose]());

  test("values that nobody reads are refused, and so are secrets among the settings", () => {
    expect(() => helm.render({ replicas: 3 })).toThrow("replicas");
    expect(() => helm.render({ settings: { "database-url": "postgres://up:secret@db" } })).toThrow("database-url");
    expect(() => helm.render({ locations: [{ name: "EU 1" }] })).toThrow("locations");
  });

  test("what is missing is told in one sentence", () => {
    expect(() => helm.render({ postgresql: { enabled: false } })).toThrow("database.url: needed when");
    expect(() => helm.render({ admin: { email: "ops@example.com" } })).toThrow("admin.existingSecret: a Secret");
    expect(() => helm.render({ tls: { enabled: true, source: "certManager" } })).toThrow("tls.issuer.name: needed when");
  });

  test("a wrong field is found", async () => {
    const [deployment] = helm.render({}).filter(({ kind }) => kind === "Deployment");
    const spec = (deployment!["spec"] as { template: { spec: { containers: object[] } } }).template.spec;
    Object.assign(spec.containers[0]!, { redinessProbe: {}, image: 3 });
    const problems = await problemsOf(deployment!);
    expect(problems.map((problem) => problem.replace(/^\S+ \S+ /, ""))).toEqual(['/spec/template/spec/containers/0/image type {"type":"string"}', "/spec/template/spec/containers/0/redinessProbe is no field of it"]);
  });

  for (const [name, values] of Object.entries(variants)) describe(name, () => describeVariant(helm.render(values), () => helm.lint(values)));
}

/** What was rendered, and what of it runs. */
interface Rendered {
  manifests: Manifest[];
  workloads: Workload[];
  /** Those that run UptimePing. */
  own: Workload[];
}

function describeVariant(manifests: Manifest[], lint: () => string): void {
  const workloads = workloadsOf(manifests);
  const rendered = { manifests, workloads, own: workloads.filter(({ manifest }) => manifest.kind === "Deployment") };

  test("helm finds nothing to complain about", () => {
    expect(lint()).toContain("0 chart(s) failed");
  });

  describeObjects(rendered);
  describeSettings(rendered);
  describePolicies(rendered);
  describeStores(rendered);
}

function describeObjects({ manifests, workloads, own }: Rendered): void {
  test("every object is right by the schemas of Kubernetes, and has a name of its own", async () => {
    expect((await Promise.all(manifests.map(problemsOf))).flat()).toEqual([]);
    const names = manifests.map(({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.name}`);
    expect(names.filter((one, index) => names.indexOf(one) !== index)).toEqual([]);
    expect(manifests.map(({ metadata }) => metadata.name).filter((one) => one.length > 63 || !/^[a-z0-9-]+$/.test(one))).toEqual([]);
  });

  test("every role has a Deployment that runs it alone", () => {
    const home = own.filter(({ pod }) => !pod.containers[0]!.args!.includes("--location"));
    expect(home.map(({ pod }) => pod.containers[0]!.args!.slice(0, 3).join(" ")).sort()).toEqual(served.map((role) => `serve --role ${role}`).sort());
  });

  test("selectors choose the pods of their own workload and no others", () => {
    for (const { selector, manifest, labels } of workloads.filter((one) => one.selector)) {
      expect(matches(selector, labels)).toBe(true);
      expect(workloads.filter((other) => matches(selector, other.labels)).map((other) => other.manifest.metadata.name)).toEqual([manifest.metadata.name]);
    }
  });

  test("no container runs as root, may write to its root or may gain anything; each says what it takes", () => {
    for (const { pod } of workloads) {
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
      expect(pod.securityContext.runAsUser).toBeGreaterThan(0);
      for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
        expect(container.securityContext).toMatchObject({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } });
        expect(Object.keys(container.resources?.requests ?? {}).sort()).toEqual(["cpu", "memory"]);
        expect(container.resources?.limits?.["memory"]).toBeString();
        expect(container.image).toMatch(/:v?\d/);
      }
    }
    for (const { pod } of workloads.filter(({ selector }) => selector)) for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"] as const) expect(pod.containers[0]![probe]).toBeDefined();
  });
}

function describeSettings({ manifests, workloads, own }: Rendered): void {
  test("UptimePing takes the settings that each pod is given, and finds whom it needs", () => {
    for (const workload of own) {
      const { settings, env } = settingsOf(workload, manifests);
      expect(unknownVariables(allRoles, env)).toEqual([]);
      const [role] = settings.process.role as RoleName[];
      const needs = settings.process.location === "default" ? Object.keys(declared.get(role!)!.needs) : ["core"];
      for (const need of needs) expect(hostPort(settings.values[`peers.${need}`] as string).port).toBe(roles[need as RoleName].port);
      expect(settings.process.grpcHost).toBe("0.0.0.0");
      expect(settings.process.peerToken.isSet).toBe(true);
    }
  });

  test("a pod has the time to stop that UptimePing takes", () => {
    for (const workload of own) {
      const pauseS = componentOf(workload) === "gateway" ? 5 : 0;
      expect(settingsOf(workload, manifests).settings.process.stopTimeout + pauseS).toBeLessThanOrEqual(workload.pod.terminationGracePeriodSeconds!);
    }
  });

  test("every name that roles are given is a Service with pods that have its ports", () => {
    const services = manifests.filter(({ kind }) => kind === "Service");
    for (const service of services) {
      const { selector, ports } = service["spec"] as { selector: Labels; ports: { port: number; targetPort: string }[] };
      const chosen = workloads.filter(({ labels }) => matches(selector, labels));
      expect(chosen.map(({ manifest }) => manifest.metadata.name)).toEqual([service.metadata.name]);
      const open = chosen[0]!.pod.containers.flatMap((container) => container.ports ?? []);
      expect(ports.filter(({ targetPort }) => !open.some(({ name }) => name === targetPort))).toEqual([]);
    }
    const { settings } = settingsOf(own.find((one) => componentOf(one) === "gateway")!, manifests);
    const peers = served.filter((role) => role !== "gateway").map((role) => hostPort(settings.values[`peers.${role}`] as string));
    for (const { host } of peers.filter((peer) => !peer.host.includes("."))) expect(services.map(({ metadata }) => metadata.name)).toContain(host);
  });
}

function describePolicies({ manifests, workloads, own }: Rendered): void {
  test("whoever needs a role may talk to it, and nobody else may, by the policies of each end", () => {
    const wrong: string[] = [];
    const judge = (from: Workload, to: Workload, port: { name: string; containerPort: number }, needs: boolean) => {
      for (const [end, isAllowed] of Object.entries(allows(manifests, from, to, port))) if (isAllowed !== needs) wrong.push(`${componentOf(from)} ${needs ? "cannot" : "can"} reach ${componentOf(to)} (${end})`);
    };
    for (const from of own) {
      for (const to of own.filter((one) => componentOf(one) in facts && componentOf(one) !== "gateway")) {
        const [caller, role] = [componentOf(from), componentOf(to)];
        const port = to.pod.containers[0]!.ports!.find(({ name }) => name === "grpc")!;
        const needs = facts[caller]?.needs.includes(role) === true || (role === "core" && caller.startsWith("core"));
        judge(from, to, port, needs);
      }
      for (const to of workloads.filter(({ manifest }) => manifest.kind === "StatefulSet")) {
        judge(from, to, to.pod.containers[0]!.ports![0]!, (facts[componentOf(from)]?.stores ?? []).includes(storeOf(to)));
      }
    }
    expect(wrong).toEqual([]);
    const outside = manifests.filter(({ kind, ...rest }) => kind === "NetworkPolicy" && (rest["spec"] as PolicySpec).egress?.some(({ to }) => to?.some(({ ipBlock }) => ipBlock)));
    const names = outside.map(({ metadata }) => metadata.labels!["app.kubernetes.io/component"]!);
    expect([...new Set(names.map((one) => one.replace(/^core-.*/, "core")))].sort()).toEqual(["core", "notification"]);
  });
}

function describeStores({ manifests, workloads, own }: Rendered): void {
  test("what pods are given of Secrets is there", () => {
    const made = new Map(manifests.filter(({ kind }) => kind === "Secret").map(({ metadata, ...rest }) => [metadata.name, Object.keys(rest["stringData"] as object)]));
    const asked = workloads.flatMap(({ pod }) => [
      ...pod.containers.flatMap(({ env = [] }) => env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? [])),
      ...pod.volumes.flatMap(({ secret }) => (secret?.items ?? []).map(({ key }) => ({ name: secret!.secretName, key }))),
    ]);
    expect(asked.length).toBeGreaterThan(9);
    expect(asked.filter(({ name, key }) => made.has(name) && !made.get(name)!.includes(key))).toEqual([]);
    expect(new Set(asked.map(({ name }) => name)).size).toBeLessThanOrEqual(2);
  });

  test("PostgreSQL has a connection for every process that may run", () => {
    const store = workloads.find((one) => componentOf(one) === "postgresql");
    if (!store) return;
    const most = Number(/max_connections=(\d+)/.exec(store.pod.containers[0]!.args!.join(" "))![1]);
    const scaled = new Map(manifests.filter(({ kind }) => kind === "HorizontalPodAutoscaler").map(({ metadata, ...rest }) => [metadata.name, (rest["spec"] as { maxReplicas: number }).maxReplicas]));
    const wanted = own.reduce((sum, workload) => {
      // One more while a roll-out replaces them.
      const processes = (scaled.get(workload.manifest.metadata.name) ?? workload.replicas) + 1;
      return sum + ((facts[componentOf(workload)]?.stores ?? []).includes("database") ? processes * (settingsOf(workload, manifests).settings.values["databaseConnections"] as number) : 0);
    }, 0);
    expect(wanted).toBeLessThan(most - 10);
  });
}

function storeOf(workload: Workload): string {
  return { postgresql: "database", rabbitmq: "queue", nats: "queue", redis: "redis" }[componentOf(workload)]!;
}

function hostPort(address: string): { host: string; port: number } {
  const [host = "", port] = address.split(":");
  return { host, port: Number(port) };
}

/** As UptimePing in that pod would read them; throws with what is wrong. */
function settingsOf({ pod }: Workload, manifests: Manifest[]): { settings: Settings; env: Record<string, string> } {
  const [container] = pod.containers;
  const folder = mkdtempSync(join(tmpdir(), "uptimeping-settings-"));
  try {
    const env: Record<string, string> = {};
    for (const { name, value, valueFrom } of container!.env ?? []) env[name] = value ?? (valueFrom?.secretKeyRef ? secretOf(manifests, valueFrom.secretKeyRef) : "pod-1");
    const volume = pod.volumes.find(({ name }) => name === "settings")!;
    const map = manifests.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === volume.configMap!.name)!;
    const file = join(folder, "settings.yaml");
    writeFileSync(file, (map["data"] as Record<string, string>)["settings.yaml"]!);
    expect(env["UPTIMEPING_CONFIG"]).toBe(`${container!.volumeMounts!.find(({ name }) => name === "settings")!.mountPath}/settings.yaml`);
    return { settings: readSettings(allRoles, container!.args!.slice(1), { ...env, UPTIMEPING_CONFIG: file }), env };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function secretOf(manifests: Manifest[], { name, key }: { name: string; key: string }): string {
  const secret = manifests.find(({ kind, metadata }) => kind === "Secret" && metadata.name === name);
  if (secret) return (secret["stringData"] as Record<string, string>)[key]!;
  return { "database-url": "postgres://db", "queue-url": "amqp://mq", "redis-url": "redis://cache", "admin-password": "correct horse battery staple" }[key] ?? "theirs";
}
