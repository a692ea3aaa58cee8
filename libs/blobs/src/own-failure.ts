/** A body whose own failure can be told from that of whoever consumes it. */
export function ownFailure(body: AsyncIterable<Uint8Array>) {
  let failed: { readonly error: unknown } | undefined
  return {
    failure: () => failed,
    async *chunks() {
      try {
        yield* body
      } catch (error) {
        failed = { error }
        throw error
      }
    },
  }
}
