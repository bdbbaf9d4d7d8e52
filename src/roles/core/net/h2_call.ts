/** The answer to a gRPC call over HTTP/2: its headers and trailers in one list, and the body that holds its messages. */
import { H2Reader } from "./h2.ts";
import { Progress } from "./http_parser.ts";

export const maxCallBytes = 4_194_304;

export class H2Call extends H2Reader {
  /** Headers and trailers in the order sent; another list for each stream. */
  fields: [string, string][] = [];
  /** Where in `fields` the block began that ended the answer; -1 when data ended it, or nothing has. */
  lastBlockAt = -1;

  override follow(stream: number): void {
    super.follow(stream);
    this.fields = [];
    this.lastBlockAt = -1;
  }

  protected override takeFields(fields: [string, string][], isLast: boolean): Progress {
    if (isLast) this.lastBlockAt = this.fields.length;
    this.fields.push(...fields);
    return isLast ? Progress.complete : Progress.more;
  }

  protected override takeBody(piece: Buffer, isLast: boolean): Progress {
    this.pieces.push(piece);
    this.bodyBytes += piece.length;
    if (this.bodyBytes > maxCallBytes) return this.fail("http_too_large", `response too large: more than ${maxCallBytes} bytes`);
    return isLast ? Progress.complete : Progress.more;
  }
}
