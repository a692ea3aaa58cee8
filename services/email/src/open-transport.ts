import { createTransport, type Transporter } from 'nodemailer'
import { connectTimeoutMs, smtpConnectionsMax, smtpSilenceMsMax } from './limits.ts'

/**
 * As the reference reads the URL: `smtp://`, `smtps://`, and `smtp:///?sendmail=true` for the program of that name (`&path=` where it is not
 * on the PATH). A connection that is lost fails the mail: another try is the job's to make, which alone counts them.
 */
export function openTransport(url: string): Transporter {
  const { searchParams } = new URL(url)
  if (searchParams.get('sendmail') === 'true') {
    const path = searchParams.get('path')
    return createTransport({ sendmail: true, ...(path && { path }) })
  }
  return createTransport({
    url,
    pool: true,
    maxConnections: smtpConnectionsMax,
    maxRequeues: 0,
    connectionTimeout: connectTimeoutMs,
    greetingTimeout: connectTimeoutMs,
    socketTimeout: smtpSilenceMsMax,
  })
}
