/** An e-mail address as it may stand in a log: `g***@example.com`. Who has the account beside it knows it again, and nobody learns it. */
export function maskEmail(email: string): string {
  const at = email.lastIndexOf('@')
  return at < 1 ? '***' : `${[...email][0]}***${email.slice(at)}`
}
