import { programNameLengthMax, userAgentLengthMax } from './limits.ts'

/** What a User-Agent header names, without versions: the same before and after an update. Of the first that fits. */
const browsers: readonly (readonly [RegExp, string])[] = [
  [/\bEdgA?\/|\bEdgiOS\//, 'Edge'],
  [/\bOPR\/|\bOPiOS\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bChrome\/|\bCriOS\//, 'Chrome'],
  [/\bVersion\/\S+ .*\bSafari\//, 'Safari'],
]

const systems: readonly (readonly [RegExp, string])[] = [
  [/\bAndroid\b/, 'Android'],
  [/\b(?:iPhone|iPad|iPod)\b/, 'iOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMacintosh\b|\bMac OS X\b/, 'macOS'],
  [/\bDarwin\b/, 'Apple'],
  [/\bLinux\b|\bX11\b/, 'Linux'],
]

/**
 * What a program calls itself, for a person to know it again: `Firefox, Linux`, else the first word of what it says, such as `goat`; undefined where
 * that is nothing. Letters and digits alone: whoever signs in may write anything there, and a mail must not carry a link for him.
 */
export function programName(userAgent = ''): string | undefined {
  const said = userAgent.slice(0, userAgentLengthMax)
  const browser = nameOf(browsers, said)
  const system = nameOf(systems, said)
  const first = said.split('/', 1)[0] ?? ''
  const own = first === 'Mozilla' ? undefined : cleaned(first)
  return [browser ?? own, system].filter(Boolean).join(', ') || undefined
}

function nameOf(names: readonly (readonly [RegExp, string])[], said: string): string | undefined {
  return names.find(([pattern]) => pattern.test(said))?.[1]
}

function cleaned(text: string): string {
  return text
    .replaceAll(/[^A-Za-z0-9]+/g, ' ')
    .trim()
    .slice(0, programNameLengthMax)
}
