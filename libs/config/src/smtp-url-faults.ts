/**
 * What is wrong with the user and password in an SMTP URL, most often a character that should have been percent-encoded: the URL is then read,
 * and means something else. No text holds a part of the URL.
 */
export function smtpUrlFaults(url: string): string[] {
  const faults: string[] = []
  const rest = url.replace(/^[a-z]+:\/\//i, '')
  const at = rest.lastIndexOf('@')
  const credentials = at === -1 ? '' : rest.slice(0, at)
  if (/%(?![0-9a-f]{2})/i.test(credentials)) faults.push('a % in the user or the password is written %25')
  if (credentials.includes('@')) faults.push('an @ in the user or the password is written %40')
  for (const [character, written] of encodings) {
    if (credentials.includes(character)) {
      faults.push(`a ${character} in the user or the password is written ${written}`)
    }
  }
  if (credentials.split(':').length > 2) faults.push('a : in the user or the password is written %3A')
  if (/^smtps:/i.test(url) && /:587(\/|\?|$)/.test(rest.slice(at + 1))) {
    faults.push('port 587 speaks STARTTLS, which is smtp://; smtps:// is for port 465')
  }
  return faults
}

const encodings = [
  ['#', '%23'],
  ['/', '%2F'],
  ['?', '%3F'],
] as const
