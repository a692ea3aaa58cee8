import { escapeHtml } from './escape-html.ts'

/** What a gate is asked to open for, and where it leads. */
export interface GateRequest {
  readonly state: string
  readonly handle: string
  readonly redirectUrl: string
}

export interface GatePage extends GateRequest {
  readonly serviceName: string
  readonly siteKey: string
  /** Why the first try did not do. */
  readonly problem?: string
}

/** The page with the widget: a form that is sent as soon as it is solved. */
export function gatePage({ serviceName, siteKey, problem, ...request }: GatePage): string {
  const { host } = new URL(request.redirectUrl)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(serviceName)}: are you human?</title>
<script src="https://js.hcaptcha.com/1/api.js" async defer></script>
</head>
<body>
<h1>${escapeHtml(serviceName)}</h1>
${problem ? `<p role="alert">${escapeHtml(problem)}</p>` : ''}
<p>Please show that you are no robot. You go on to ${escapeHtml(host)} then.</p>
<form method="post" action="/gate/signup">
${hidden('state', request.state)}
${hidden('handle', request.handle)}
${hidden('redirect_url', request.redirectUrl)}
<div class="h-captcha" data-sitekey="${escapeHtml(siteKey)}"></div>
<p><button>Continue</button></p>
</form>
</body>
</html>
`
}

/** Scripts of the widget alone; the form may lead on to wherever the client asked for. */
export const gatePagePolicy = [
  "default-src 'none'",
  'script-src https://js.hcaptcha.com https://hcaptcha.com https://*.hcaptcha.com',
  'frame-src https://hcaptcha.com https://*.hcaptcha.com',
  'style-src https://hcaptcha.com https://*.hcaptcha.com',
  'connect-src https://hcaptcha.com https://*.hcaptcha.com',
  "base-uri 'none'",
].join('; ')

function hidden(name: string, value: string): string {
  return `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`
}
