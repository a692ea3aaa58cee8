import type { HandleRules } from './handle-rule-store.ts'
import { reservedLabels } from './reserved-labels.ts'

/** What the software itself says of handles; a community adds to it and takes from it (`allowed`). */
export const shippedRules: HandleRules = {
  reserved: reservedLabels,
  /**
   * Insults and worse that hide in few other words. Words that do (`rapist` in `therapist`) have them beside. A longer list is the matter
   * of each community: what is an insult depends on who speaks.
   */
  inappropriate: new Set(
    `childporn childsex cunt faggot gasthejews heilhitler jailbait kiddieporn nigga nigger paedophile pedophile raghead rapist sandnigger
    siegheil towelhead tranny wetback whitepower`.split(/\s+/),
  ),
  allowed: new Set('scunthorpe snigger therapist'.split(/\s+/)),
}

/** Whether a handle's label may not be given by signing up. */
export function isReserved(label: string, { reserved, allowed }: HandleRules): boolean {
  return reserved.has(label) && !allowed.has(label)
}

/**
 * Whether there is an inappropriate word in the text, as it stands or with its punctuation taken out, and with digits read as the
 * letters they stand for. Allowed words are taken out before.
 */
export function isInappropriate(text: string, { inappropriate, allowed }: HandleRules): boolean {
  const plain = without(allowed, text)
  const stripped = without(allowed, text.replace(/[.-]/g, ''))
  return [plain, stripped].some((form) => {
    const spelled = form.replace(/[0134578]/g, (digit) => digitLetters[digit] ?? digit)
    return [...inappropriate].some((word) => form.includes(word) || spelled.includes(word))
  })
}

/** What is left falls apart: no word is made of what stood on either side. */
function without(words: ReadonlySet<string>, text: string): string {
  return [...words].reduce((rest, word) => rest.replaceAll(word, ' '), text)
}

const digitLetters: Record<string, string> = { 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't', 8: 'b' }
