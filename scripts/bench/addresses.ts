/** Where the targets listen: the ports to one address would run out. */
export const addresses = Array.from({ length: 64 }, (_, i) => `127.0.0.${i + 1}`);
