/** A kind of check as a form shows it: data alone, so that a new kind is a new file. */
import type { Field } from "../fields.ts";
import type { Source } from "./sources.ts";

export interface Kind {
  /** One line for whoever chooses a kind. */
  about: string;
  /** Of its target. */
  fields: readonly Field[];
  /** The first is what a first assertion looks at. */
  sources: readonly Source[];
  /** What holds without any assertion. */
  standard: string;
}
