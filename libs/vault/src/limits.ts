/** Unsealed keys one process keeps in memory. A key is 32 bytes; unsealing another costs one query and some microseconds. */
export const unsealedKeysMax = 20_000
