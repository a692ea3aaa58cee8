/** Unsealed keys one process keeps in memory. A key is 32 bytes; unsealing another costs one query and some microseconds. */
export const unsealedKeysMax = 20_000

/** Keys that a community keeps for accounts which are still to be made. */
export const reservedKeysMax = 10_000
