/** Characters of a key, `<collection>/<rkey>` (https://atproto.com/specs/repository#mst-structure). */
export const keyLengthMax = 1024

/**
 * Keys in one node. Three of four keys lie on layer 0, so a natural node of n keys has the probability 0.75^n: 500 keys are
 * mined, not grown. Each commit beside them would rewrite and announce the whole node.
 */
export const nodeKeysMax = 500
