import { isIP } from "node:net";
import { iso } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { Register } from "../context.ts";
import type { Column } from "../output/output.ts";
import { openPkiFolder, type Issued } from "../pki_folder.ts";

const dayMs = 86_400_000;
const soonDays = 30;

export const register: Register = (noun, run) => {
  noun.addHelpText("after", "\nRoles of different processes show each other certificates when they are given tls-ca, tls-cert and tls-key.\nA certificate names the roles that its process runs: one that was stolen opens nothing that those roles may not do.");

  noun.command("init").description("make an authority that all roles trust").option("--dir <folder>", "where to keep it", "pki")
    .addHelpText("after", "\nca.key signs certificates: keep it where no server runs. ca.crt goes to every process, as tls-ca.")
    .action(run(async ({ io, output }, { dir }: { dir: string }) => {
      const { cert, expiresAtMs } = openPkiFolder(dir, io.clock.now()).init();
      await output.one({ cert, expiresAt: iso(expiresAtMs) }, [
        { title: "authority", of: (row) => row.cert },
        { title: "expires", of: (row) => row.expiresAt },
      ]);
    }));

  noun.command("issue").description("make a certificate for one process")
    .requiredOption("--role <roles>", "roles that the process runs, separated by commas, or all")
    .requiredOption("--host <hosts>", "names and addresses by which others reach it, separated by commas")
    .option("--name <name>", "name of the files; that of the roles when not given")
    .option("--days <days>", "how long it is good", "90")
    .option("--dir <folder>", "where the authority is", "pki")
    .action(run(async ({ io, extra, output }, flags: { role: string; host: string; name?: string; days: string; dir: string }) => {
      const roles = rolesFrom(flags.role, extra.roleNames);
      const name = flags.name ?? (flags.role === "all" ? "all" : roles.join("-"));
      const issued = openPkiFolder(flags.dir, io.clock.now()).issue({ name: fileName(name), roles, hosts: hostsFrom(flags.host), days: daysFrom(flags.days) });
      await output.one(shown(issued, io.clock.now()), columns);
      output.say(`give the process --tls-ca ${flags.dir}/ca.crt --tls-cert ${issued.cert} --tls-key ${issued.key}`);
    }));

  noun.command("rotate").description(`issue anew what expires within ${soonDays} days`)
    .option("--all", "all of them, now")
    .option("--dir <folder>", "where the authority is", "pki")
    .addHelpText("after", "\nNames, roles and lifetime stay as they are. A running process takes its new certificate within ten seconds of getting the files.")
    .action(run(async ({ io, output }, { all, dir }: { all?: boolean; dir: string }) => {
      const nowMs = io.clock.now();
      const rotated = openPkiFolder(dir, nowMs).rotate(all ? Number.POSITIVE_INFINITY : soonDays);
      if (rotated.length === 0) output.say(`nothing expires within ${soonDays} days`);
      else await output.list({ items: rotated.map((one) => shown(one, nowMs)) }, columns);
    }));

  noun.command("show").description("list the authority and what it issued").option("--dir <folder>", "where the authority is", "pki")
    .action(run(async ({ io, output }, { dir }: { dir: string }) => {
      const nowMs = io.clock.now();
      await output.list({ items: openPkiFolder(dir, nowMs).show().map((one) => shown(one, nowMs)) }, columns);
    }));
};

type Shown = ReturnType<typeof shown>;

function shown({ name, roles, hosts, cert, key, expiresAtMs }: Issued, nowMs: number) {
  return { name, roles, hosts, cert, key, expiresAt: iso(expiresAtMs), daysLeft: Math.round((expiresAtMs - nowMs) / dayMs) };
}

const columns: Column<Shown>[] = [
  { title: "name", of: (row) => row.name },
  { title: "roles", of: (row) => row.roles.join(", ") },
  { title: "hosts", of: (row) => row.hosts.join(", ") },
  { title: "expires", of: (row) => row.expiresAt },
  { title: "days left", of: (row) => row.daysLeft },
  { title: "file", of: (row) => row.cert },
];

function rolesFrom(text: string, known: readonly string[]): string[] {
  if (text === "all") return [...known];
  const roles = text.split(",").map((role) => role.trim());
  const unknown = roles.filter((role) => !known.includes(role));
  if (unknown.length > 0) throw new AppError("malformed", `--role: ${JSON.stringify(unknown.join(", "))} is no role: all, or some of ${known.join(", ")}, separated by commas`);
  return [...new Set(roles)];
}

function hostsFrom(text: string): string[] {
  const hosts = text.split(",").map((host) => host.trim().replace(/^\[(.*)\]$/, "$1"));
  const wrong = hosts.filter((host) => isIP(host) === 0 && !/^(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i.test(host));
  if (wrong.length > 0) throw new AppError("malformed", `--host: ${JSON.stringify(wrong[0])} is neither a name nor an IP address: names and addresses without ports, separated by commas, such as core.internal,10.0.0.1`);
  return [...new Set(hosts)];
}

function daysFrom(text: string): number {
  const days = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (days < 1 || days > 3_650) throw new AppError("malformed", `--days: ${JSON.stringify(text)} is not a whole number from 1 to 3650`);
  return days;
}

function fileName(name: string): string {
  if (name === "ca" || !/^[a-z0-9][a-z0-9._-]{0,99}$/i.test(name)) throw new AppError("malformed", `--name: ${JSON.stringify(name)} is not right: letters, digits, dots, dashes and underscores, and not "ca"`);
  return name;
}
