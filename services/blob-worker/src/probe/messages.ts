import type { Probed } from '@heronry/blobs/probe-blob'

/** To the process that probes: one blob at a time, and the bytes that it has asked for. */
export type Asked =
  | { readonly probe: { readonly mime: string; readonly size: number } }
  | { readonly bytes: Uint8Array }

/** From it. */
export type Told =
  /** It is there: from now on time counts. */
  | { readonly isReady: true }
  | { readonly read: { readonly start: number; readonly length: number } }
  | { readonly probed: Probed }
