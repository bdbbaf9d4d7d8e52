/** The child process of the forge's tests, without the rest of the product. */
import { runForgeWorker } from "../worker.ts";

await runForgeWorker();
