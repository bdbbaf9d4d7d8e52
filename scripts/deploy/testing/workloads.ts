/** What a rendered chart runs, and who may talk to whom by its policies. */
import type { Manifest } from "./helm.ts";

export type Labels = Record<string, string>;

export interface EnvVariable {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef?: { name: string; key: string }; fieldRef?: { fieldPath: string } };
}

export interface Container {
  name: string;
  image: string;
  args?: string[];
  env?: EnvVariable[];
  ports?: { name: string; containerPort: number }[];
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  securityContext?: { allowPrivilegeEscalation?: boolean; readOnlyRootFilesystem?: boolean; capabilities?: { drop?: string[] } };
  startupProbe?: object;
  livenessProbe?: object;
  readinessProbe?: object;
  volumeMounts?: { name: string; mountPath: string }[];
}

export interface PodSpec {
  serviceAccountName: string;
  terminationGracePeriodSeconds?: number;
  enableServiceLinks?: boolean;
  securityContext: { runAsNonRoot?: boolean; runAsUser?: number; seccompProfile?: { type: string } };
  containers: Container[];
  initContainers?: Container[];
  volumes: { name: string; secret?: { secretName: string; items?: { key: string }[]; optional?: boolean }; configMap?: { name: string } }[];
}

export interface Workload {
  manifest: Manifest;
  labels: Labels;
  selector: Labels | undefined;
  replicas: number;
  pod: PodSpec;
}

interface PodTemplate {
  metadata: { labels: Labels };
  spec: PodSpec;
}

interface WorkloadSpec {
  replicas?: number;
  selector?: { matchLabels: Labels };
  template?: PodTemplate;
  jobTemplate?: { spec: { template: PodTemplate } };
}

export function workloadsOf(manifests: Manifest[]): Workload[] {
  return manifests.flatMap((manifest) => {
    if (!["Deployment", "StatefulSet", "Job", "CronJob"].includes(manifest.kind)) return [];
    const spec = manifest["spec"] as WorkloadSpec;
    const template = (spec.template ?? spec.jobTemplate?.spec.template)!;
    return [{ manifest, labels: template.metadata.labels, selector: spec.selector?.matchLabels, replicas: spec.replicas ?? 1, pod: template.spec }];
  });
}

export function componentOf({ labels }: { labels: Labels }): string {
  return labels["app.kubernetes.io/component"]!;
}

export function matches(selector: Labels | undefined, labels: Labels): boolean {
  return Object.entries(selector ?? {}).every(([key, value]) => labels[key] === value);
}

interface Peer {
  podSelector?: { matchLabels: Labels };
  namespaceSelector?: object;
  ipBlock?: { cidr: string };
}

interface Rule {
  ports?: { port: number | string; protocol?: string }[];
  from?: Peer[];
  to?: Peer[];
}

export interface PolicySpec {
  podSelector: { matchLabels: Labels };
  policyTypes: string[];
  ingress?: Rule[];
  egress?: Rule[];
}

/** Whether the policies of each end let `from` reach the named port of `to`. */
export function allows(manifests: Manifest[], from: Workload, to: Workload, port: { name: string; containerPort: number }): { out: boolean; in: boolean } {
  const policies = manifests.filter(({ kind }) => kind === "NetworkPolicy").map((manifest) => manifest["spec"] as PolicySpec);
  const passes = (side: "ingress" | "egress", own: Workload, other: Workload) => {
    const its = policies.filter(({ podSelector }) => matches(podSelector.matchLabels, own.labels));
    return its.length === 0 || its.some((policy) => (policy[side] ?? []).some((rule) => admits(rule, side, other, port)));
  };
  return { out: passes("egress", from, to), in: passes("ingress", to, from) };
}

function admits(rule: Rule, side: "ingress" | "egress", other: Workload, port: { name: string; containerPort: number }): boolean {
  const peers = side === "ingress" ? rule.from : rule.to;
  const isPort = rule.ports === undefined || rule.ports.some((one) => one.port === port.name || one.port === port.containerPort);
  return isPort && (peers === undefined || peers.some(({ podSelector }) => podSelector !== undefined && matches(podSelector.matchLabels, other.labels)));
}
