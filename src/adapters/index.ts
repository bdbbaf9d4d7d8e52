/** Every technology there is, loaded when it is wanted. */
export const adapters = {
  sqlite: () => import("./sqlite/index.ts"),
  in_process: () => import("./in_process/index.ts"),
};
