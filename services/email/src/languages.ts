import { english } from './languages/en.ts'
import type { MailCatalog } from './mail-words.ts'

/** By BCP 47, lower-case. */
const catalogs: ReadonlyMap<string, MailCatalog> = new Map([['en', english]])

export interface FoundCatalog {
  readonly language: string
  readonly catalog: MailCatalog
}

/** The texts of a language: of `pt-BR`, else of `pt`, else English. */
export function catalogOf(language = 'en', known = catalogs): FoundCatalog {
  const wanted = language.toLowerCase()
  for (const tag of [wanted, wanted.split('-')[0] ?? '']) {
    const catalog = known.get(tag)
    if (catalog !== undefined) return { language: tag, catalog }
  }
  return { language: 'en', catalog: english }
}
