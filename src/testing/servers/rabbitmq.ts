/**
 * A node of its own: name, cookie, plugins, configuration and port mapper (epmd) included, so that it neither sees nor touches
 * a node that the machine runs. The program in PATH is not asked: Debian's wrapper would start the machine's node.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ask, type Place, type Recipe } from "./recipe.ts";

const amqpHeader = new Uint8Array([0x41, 0x4d, 0x51, 0x50, 0, 0, 9, 1]);

export const rabbitmqRecipe: Recipe = {
  packages: "rabbitmq-server",
  ports: 3,
  programs: {
    server: ["/usr/lib/rabbitmq/bin/rabbitmq-server", "/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server", "/opt/rabbitmq/sbin/rabbitmq-server", "/usr/local/sbin/rabbitmq-server"],
    epmd: ["epmd", "/usr/lib/erlang/bin/epmd", "/usr/local/lib/erlang/bin/epmd"],
  },
  url: (port) => `amqp://guest:guest@127.0.0.1:${port}`,
  prepare({ folder, data, ports: [port] }) {
    for (const name of ["home", "log"]) mkdirSync(join(folder, name), { recursive: true });
    mkdirSync(data, { recursive: true });
    const write = (name: string, text: string, mode = 0o600) => writeFileSync(join(folder, name), text, { mode });
    write("rabbitmq.conf", `listeners.tcp.1 = 127.0.0.1:${port}\nlog.file.level = warning\ndisk_free_limit.absolute = 50MB\n`);
    write("rabbitmq-env.conf", "");
    write("enabled_plugins", "[].\n");
    write("home/.erlang.cookie", crypto.randomUUID(), 0o400);
    return Promise.resolve();
  },
  commands(place) {
    const { programs, ports } = place;
    return [
      { command: [programs["epmd"]!, "-port", String(ports[2]), "-address", "127.0.0.1"] },
      { command: [programs["server"]!], env: environment(place) },
    ];
  },
  async greet({ ports }) {
    const answer = await ask(ports[0]!, amqpHeader);
    // A method frame: connection.start.
    if (answer[0] !== 1) throw new Error(`it answered ${JSON.stringify(answer.subarray(0, 8).toString("latin1"))}`);
  },
};

function environment({ folder, data, ports, programs }: Place): Record<string, string> {
  return {
    HOME: join(folder, "home"),
    PATH: `${dirname(programs["epmd"]!)}:/usr/bin:/bin:/usr/sbin:/sbin`,
    ERL_EPMD_PORT: String(ports[2]),
    ERL_EPMD_ADDRESS: "127.0.0.1",
    // The machine runs tests beside it: schedulers that spin for work would take their time.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none",
    RABBITMQ_NODENAME: `uptimeping-${ports[0]}@localhost`,
    RABBITMQ_DIST_PORT: String(ports[1]),
    RABBITMQ_MNESIA_BASE: data,
    RABBITMQ_LOG_BASE: join(folder, "log"),
    RABBITMQ_CONF_ENV_FILE: join(folder, "rabbitmq-env.conf"),
    RABBITMQ_CONFIG_FILE: join(folder, "rabbitmq.conf"),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, "advanced.config"),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "enabled_plugins"),
    RABBITMQ_PID_FILE: join(folder, "pid"),
    // Replaces the shell by the virtual machine, so that a signal to our child reaches the node.
    RUNNING_UNDER_SYSTEMD: "true",
  };
}
