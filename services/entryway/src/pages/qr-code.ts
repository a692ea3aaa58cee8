import { encode } from 'uqr'
import { type Html, html } from './html.ts'

/** A text as a picture to be read by a camera: an SVG that stands in the page, so that a secret is in no address and in no file. */
export function qrCode(text: string, { label }: { label: string }): Html {
  // Four empty modules around it: ISO/IEC 18004, 9.1.
  const { data, size } = encode(text, { ecc: 'M', border: 4 })
  const dots = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : [])))
  return html`<svg class="qr" viewBox="0 0 ${size} ${size}" width="220" height="220" role="img" aria-label="${label}" shape-rendering="crispEdges"><path d="${dots.join('')}"/></svg>`
}
