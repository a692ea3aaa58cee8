/** A `Base` that only the parser of its kind hands out, so that two kinds of string or number cannot be swapped. */
export type Brand<Base, Name extends string> = Base & { readonly __brand: Name }
