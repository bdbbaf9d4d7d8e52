/** Whether this process is the one that works for a role which remembers: of several that run it, one leads and the others stand by. */
export interface Leadership {
  /** False from the moment at which another one may have taken over, however late this process notices. */
  leads(): boolean;
  /** The fencing token: it rises with every take-over, and stores refuse what an earlier one writes. */
  epoch(): number;
}
