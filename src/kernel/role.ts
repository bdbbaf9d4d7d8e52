/**
 * A role declares itself, and the type of what it is given follows from the declaration:
 * an undeclared need, an undeclared port and an unhandled queue do not compile.
 * The kernel knows no port and no queue by name; `ports/index.ts` binds those in.
 */
import type { Clock } from "./clock.ts";
import type { Ids } from "./ids.ts";
import type { Leadership } from "./leadership.ts";
import type { Releases } from "./lifecycle.ts";
import type { Log } from "./log.ts";
import type { Api, Client, Contract } from "./rpc/contract.ts";
import type { Fields, ValuesOf } from "./settings.ts";
import type { Telemetry } from "./telemetry.ts";

export interface RoleContext<Needs, Uses, Settings> {
  /** The role's own slice, checked. */
  settings: Settings;
  /** Other roles; near or far is not known here. */
  needs: Needs;
  ports: Uses;
  /** Of a role that leads; every other one leads always. */
  leadership: Leadership;
  clock: Clock;
  ids: Ids;
  log: Log;
  telemetry: Telemetry;
  releases: Releases;
}

/** What a process that does not lead has to help with. */
export interface StandByContext<Leader, Uses, Settings> extends Omit<RoleContext<object, Uses, Settings>, "needs" | "leadership"> {
  /** The process that leads, whichever that is. */
  leader: Leader;
  /** Where this process stands. */
  location: string;
}

export interface StandingBy {
  remark: Remark;
  stop(): Promise<void>;
}

/** Everything about a role but the types of its context. */
export interface AnyRole {
  name: string;
  provides: Contract | undefined;
  needs: Record<string, Contract>;
  uses: readonly string[];
  listens: readonly string[];
  settings: Fields;
  /** It remembers: of several processes that run it one works, and the others wait to take over. */
  leads: boolean;
  start(context: RoleContext<never, never, never>): Promise<StartedRole>;
  /** What it does for the one that leads while it waits. */
  standBy: ((context: StandByContext<never, never, never>) => StandingBy) | undefined;
}

/** Why a role cannot do its work now; empty when it can. Asked by `/readyz`. */
export type Readiness = () => string;

/** What is worth saying of a role that can do its work; empty when nothing is. Shown by `/readyz`. */
export type Remark = () => string;

/** A line for the person who started the process, with the path on the public URL that it is about. */
export type Announce = () => { text: string; path: string } | undefined;

/** What the role listens on for people: name → origin, `{ http: "http://127.0.0.1:8080" }`. */
export type Bound = Record<string, string>;

export interface StartedRole {
  api: object | undefined;
  on: Record<string, (deliveries: never) => Promise<void>>;
  /** Called once when every role of this process has started: from here on other roles answer. */
  begin: (() => void | Promise<void>) | undefined;
  ready: Readiness | undefined;
  remark: Remark | undefined;
  announce: Announce | undefined;
  bound: Bound | undefined;
}

type Clients<N> = { [K in keyof N]: Client<N[K]> };

export interface RoleDeclaration<Ports, Handlers, C, N, U extends keyof Ports, Q extends keyof Handlers, F extends Fields> {
  name: string;
  /** What others may call. */
  provides?: C;
  /** Other roles, by name. */
  needs: N;
  uses: readonly U[];
  /** Queues this role takes messages from. */
  listens: readonly Q[];
  settings: F;
  leads?: boolean;
  start(context: RoleContext<Clients<N>, Pick<Ports, U>, ValuesOf<F>>): Promise<Started<Handlers, C, Q>>;
  standBy?(context: StandByContext<Client<C>, Pick<Ports, U>, ValuesOf<F>>): StandingBy;
}

export type Started<Handlers, C, Q extends keyof Handlers> = {
  begin?: () => void | Promise<void>;
  ready?: Readiness;
  remark?: Remark;
  announce?: Announce;
  bound?: Bound;
} & (C extends Contract ? { api: Api<C> } : unknown) &
  ([Q] extends [never] ? unknown : { on: Pick<Handlers, Q> });

/** Gives the `defineRole` of a product whose ports are `Ports` and whose queue handlers are `Handlers`. */
export function roleDefiner<Ports, Handlers>() {
  return function defineRole<
    const N extends Record<string, Contract>,
    F extends Fields,
    C extends Contract | undefined = undefined,
    U extends keyof Ports = never,
    Q extends keyof Handlers = never,
  >(declaration: RoleDeclaration<Ports, Handlers, C, N, U, Q, F>): AnyRole {
    const { provides, needs, uses, listens, settings, name, leads = false, standBy } = declaration;
    return {
      name,
      provides,
      needs,
      uses: uses as readonly string[],
      listens: listens as readonly string[],
      settings,
      leads,
      standBy: standBy as AnyRole["standBy"],
      async start(context) {
        const started = (await declaration.start(context as never)) as Partial<StartedRole>;
        return { api: started.api, on: started.on ?? {}, begin: started.begin, ready: started.ready, remark: started.remark, announce: started.announce, bound: started.bound };
      },
    };
  };
}
