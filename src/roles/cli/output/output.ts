/** One answer, four forms. JSON and YAML give the API's own document, table and CSV the columns of the command. */
import type { CliIo } from "../io.ts";

export const formats = ["table", "json", "yaml", "csv"] as const;
export type Format = (typeof formats)[number];

export type Cell = string | number | boolean | null | undefined;

export interface Column<T> {
  title: string;
  of(row: T): Cell;
}

export interface Page<T> {
  items: T[];
  nextCursor?: string | null;
}

export interface Output {
  readonly format: Format;
  readonly colour: boolean;
  list<T>(page: Page<T>, columns: Column<T>[]): Promise<void>;
  one<T>(item: T, columns: Column<T>[]): Promise<void>;
  /** A line for the person, on stderr, so that stdout stays what was asked for. Silent with --quiet. */
  say(line: string): void;
  /** A line that shows how far long work is; drawn over itself, on a terminal only. */
  progress(line: string): void;
  /** Wipes the progress line. */
  progressDone(): void;
  /** Text as it is. */
  write(text: string): void;
}

export interface OutputOptions {
  format: Format;
  colour: boolean;
  quiet: boolean;
}

export function createOutput(io: CliIo, { format, colour, quiet }: OutputOptions): Output {
  const cells = <T>(row: T, columns: Column<T>[]) => columns.map((column) => column.of(row));
  const document = async (value: unknown) => {
    if (format === "json") return io.stdout(`${JSON.stringify(value, null, 2)}\n`);
    const { stringify } = await import("yaml");
    io.stdout(stringify(value));
  };
  const drawn = io.stdoutIsTerminal && !quiet;

  return {
    format,
    colour,
    async list(page, columns) {
      const titles = columns.map((column) => column.title);
      const rows = page.items.map((item) => cells(item, columns));
      if (format === "json" || format === "yaml") return document(page);
      if (format === "csv") return io.stdout((await import("./csv.ts")).csv(titles, rows));
      if (rows.length === 0) this.say("nothing to show");
      else io.stdout((await import("./table.ts")).table(titles, rows, colour));
      if (page.nextCursor) this.say(`there is more: add --cursor ${page.nextCursor}`);
    },
    async one(item, columns) {
      const titles = columns.map((column) => column.title);
      if (format === "json" || format === "yaml") return document(item);
      if (format === "csv") return io.stdout((await import("./csv.ts")).csv(titles, [cells(item, columns)]));
      io.stdout((await import("./table.ts")).card(titles, cells(item, columns), colour));
    },
    say: (line) => (quiet ? undefined : io.stderr(`${line}\n`)),
    progress: (line) => (drawn ? io.stderr(`\r\u001b[2K${line}`) : undefined),
    progressDone: () => (drawn ? io.stderr("\r\u001b[2K") : undefined),
    write: (text) => io.stdout(text),
  };
}
