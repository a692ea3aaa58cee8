import { createHttpFetch } from '@heronry/identity/http-fetch'
import { parseJsonObject } from '@heronry/identity/json'
import { captchaTimeoutMs } from '../limits.ts'

/** Tells people from robots, with a widget in a page. */
export interface Captcha {
  readonly siteKey: string
  /** Whether what the widget has put into the form says so. Throws `Upstream…` where the service does not answer. */
  verify(answer: string): Promise<boolean>
}

export interface HcaptchaOptions {
  readonly siteKey: string
  readonly secretKey: string
}

const hcaptchaUrl = 'https://api.hcaptcha.com/siteverify'

/** hCaptcha (https://docs.hcaptcha.com/#verify-the-user-response-server-side): an answer of its widget counts once, for two minutes. */
export function openHcaptcha(
  { siteKey, secretKey }: HcaptchaOptions,
  { publicOnly, url = hcaptchaUrl }: { publicOnly: boolean; url?: string },
): Captcha {
  const fetch = createHttpFetch({ publicOnly, timeoutMs: captchaTimeoutMs })
  return {
    siteKey,
    async verify(answer) {
      const form = { secret: secretKey, response: answer, sitekey: siteKey }
      const { body } = await fetch({ url, method: 'POST', form })
      return parseJsonObject(body, 'The answer of hCaptcha')['success'] === true
    },
  }
}
