/**
 * A contract is a protobuf service. From its descriptor follow the two faces of a role:
 * what a caller holds (`Client`) and what the role implements (`Api`). Neither says whether the other is near or far.
 */
import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { GenService, GenServiceMethods } from "@bufbuild/protobuf/codegenv2";
import type { Call } from "../call.ts";

export type Contract = GenService<GenServiceMethods>;

type Methods<C> = C extends GenService<infer M> ? M : never;
type In<M> = M extends { input: infer I extends DescMessage } ? I : never;
type Out<M> = M extends { output: infer O extends DescMessage } ? O : never;

type ClientMethod<M> = M extends { methodKind: "server_streaming" }
  ? (request: MessageInitShape<In<M>>, call: Call) => AsyncIterable<MessageShape<Out<M>>>
  : (request: MessageInitShape<In<M>>, call: Call) => Promise<MessageShape<Out<M>>>;

type ApiMethod<M> = M extends { methodKind: "server_streaming" }
  ? (request: MessageShape<In<M>>, call: Call) => AsyncIterable<MessageInitShape<Out<M>>>
  : M extends { methodKind: "bidi_streaming" }
    ? (requests: AsyncIterable<MessageShape<In<M>>>, call: Call) => AsyncIterable<MessageInitShape<Out<M>>>
    : (request: MessageShape<In<M>>, call: Call) => Promise<MessageInitShape<Out<M>>>;

/** Bidirectional methods are served, for tools that are not ours; roles do not call each other by them. */
type Callable<M> = { [K in keyof M as M[K] extends { methodKind: "bidi_streaming" } ? never : K]: M[K] };

/** What a caller holds. Every rejection is an AppError. Streams end when the call's signal aborts. */
export type Client<C> = { [K in keyof Callable<Methods<C>>]: ClientMethod<Methods<C>[K]> };

/** What a role implements. */
export type Api<C> = { [K in keyof Methods<C>]: ApiMethod<Methods<C>[K]> };
