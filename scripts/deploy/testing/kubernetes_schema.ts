/** What is wrong with an object of Kubernetes, by the schemas of its API; a field that the schema does not know is wrong too. */
import type { Manifest } from "./helm.ts";

/** Objects of other makers: their schemas are not at hand, so only what all objects have is looked at. */
const foreign = ["monitoring.coreos.com/v1", "cert-manager.io/v1"];

interface SchemaError {
  instancePath: string;
  keyword: string;
  params: object;
}

type Validate = ((data: unknown) => boolean) & { errors?: SchemaError[] | null };

export async function problemsOf(manifest: Manifest): Promise<string[]> {
  const about = `${manifest.kind} ${manifest.metadata?.name}`;
  if (foreign.includes(manifest.apiVersion)) return [];
  const validate = await schemaOf(manifest);
  if (!validate) return [`${about}: ${manifest.apiVersion} has no such kind`];
  const read = new Set<string>();
  validate(watched(manifest, "", read));
  const wrong = (validate.errors ?? []).map(({ instancePath, keyword, params }) => `${about}: ${instancePath} ${keyword} ${JSON.stringify(params)}`);
  return [...wrong, ...paths(manifest, "").filter((path) => !read.has(path)).map((path) => `${about}: ${path} is no field of it`)];
}

async function schemaOf({ apiVersion, kind }: Manifest): Promise<Validate | undefined> {
  const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["core", apiVersion];
  const name = `IoK8sApi${capital(group!.split(".")[0]!)}${capital(version!)}${kind}`;
  try {
    return ((await import(`kubernetes-models/_schemas/${name}`)) as { validate: Validate }).validate;
  } catch {
    return undefined;
  }
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** The schemas let unknown fields pass. But they look at every field they know, so what was never looked at is unknown. */
function watched<T>(value: T, path: string, read: Set<string>): T {
  if (typeof value !== "object" || value === null) return value;
  return new Proxy(value, {
    get(target, key) {
      const item = Reflect.get(target, key) as unknown;
      if (typeof key !== "string" || !Object.hasOwn(target, key)) return item;
      const at = `${path}/${key}`;
      read.add(at);
      return watched(item, at, read);
    },
  });
}

function paths(value: unknown, path: string): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [`${path}/${key}`, ...paths(item, `${path}/${key}`)]);
}
