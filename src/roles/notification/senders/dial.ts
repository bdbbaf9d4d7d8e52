/** Connections that can only go where the egress gate has decided. */
import { connect, type LookupFunction, type Socket } from "node:net";
import { EgressRefused, type ResolvedAddress } from "../egress_gate.ts";

/** Whatever a name resolves to by now, only these are connected. */
export function decidedLookup(addresses: ResolvedAddress[]): LookupFunction {
  return (_host, wanted, done) => {
    if (wanted.all) done(null, addresses);
    else done(null, addresses[0]!.address, addresses[0]!.family);
  };
}

/** A connection to an address the gate has not seen would be a hole in it: it ends as soon as it stands. */
export function refuseOtherAddress(socket: Socket, decided: ResolvedAddress[]): void {
  socket.once("connect", () => {
    const address = (socket.remoteAddress ?? "").replace(/^::ffff:/i, "");
    if (address !== "" && !decided.some((one) => one.address.replace(/^::ffff:/i, "") === address)) {
      socket.destroy(new EgressRefused(`connected to ${address}, which was not decided`));
    }
  });
}

/** An open TCP connection to one of the addresses, each tried in turn. The caller closes it. */
export function dial(target: { host: string; port: number; addresses: ResolvedAddress[] }, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { host, port, addresses } = target;
    const socket = connect({ host, port, lookup: decidedLookup(addresses), autoSelectFamily: true });
    refuseOtherAddress(socket, addresses);
    signal.addEventListener("abort", () => socket.destroy(), { once: true });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}
