import { hash } from 'node:crypto'

/** Of the HTML that a picture was made of: what tells that it is not of the mail as it is now. */
export function pictureDigest(html: string): string {
  return hash('sha256', html, 'hex').slice(0, 16)
}
