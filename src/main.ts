/** argv → app; nothing else. */
import { main } from "./app/entry.ts";

void main(process.argv.slice(2));
