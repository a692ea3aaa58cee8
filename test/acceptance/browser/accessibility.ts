import type { Page } from 'playwright-core'

/** What somebody would stumble over who does not see the page, or does not see it well: empty where nothing is. */
export function stumblingBlocks(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = []
    const all = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)]
    const count = (selector: string) => all(selector).length
    if (count('h1') !== 1) found.push(`${count('h1')} h1`)
    if (!document.documentElement.lang) found.push('no language')
    if (!document.title) found.push('no title')
    for (const landmark of ['main', 'header', 'footer']) {
      if (count(landmark) !== 1) found.push(`${count(landmark)} ${landmark}`)
    }
    for (const nav of all('nav')) if (!nav.ariaLabel) found.push('a nav without a name')
    for (const image of all('img')) if (!image.hasAttribute('alt')) found.push('an img without alt')
    for (const input of all('input, textarea, select') as HTMLInputElement[]) {
      if (input.type !== 'hidden' && !input.hidden && !input.labels?.length)
        found.push(`${input.name} without a label`)
    }
    for (const it of all('button, a')) {
      if (!(it.ariaLabel ?? it.textContent)?.trim()) found.push(`a nameless ${it.tagName}`)
    }
    const ids = all('[id]').map(({ id }) => id)
    if (new Set(ids).size !== ids.length) found.push('an id twice')
    const levels = all('h1, h2, h3').map(({ tagName }) => Number(tagName[1]))
    if (levels.some((level, at) => level > (levels[at - 1] ?? 0) + 1)) found.push('a heading is left out')
    if (document.documentElement.scrollWidth > innerWidth) found.push('it scrolls sideways')

    const channel = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    const luminance = ([red = 0, green = 0, blue = 0]: number[]) =>
      0.2126 * channel(red / 255) + 0.7152 * channel(green / 255) + 0.0722 * channel(blue / 255)
    const numbers = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number)
    const paperBehind = (element: HTMLElement | null): number[] => {
      if (element === null) return [255, 255, 255]
      const color = numbers(getComputedStyle(element).backgroundColor)
      return color[3] === 0 ? paperBehind(element.parentElement) : color
    }
    for (const it of all('body *')) {
      const own = [...it.childNodes].some(
        ({ nodeType, textContent }) => nodeType === 3 && textContent?.trim(),
      )
      const isDisabled = it instanceof HTMLButtonElement && it.disabled
      if (!own || isDisabled || !it.checkVisibility()) continue
      const [dark = 0, light = 0] = [
        luminance(numbers(getComputedStyle(it).color)),
        luminance(paperBehind(it)),
      ].sort((one, other) => one - other)
      const contrast = (light + 0.05) / (dark + 0.05)
      if (contrast < 4.5)
        found.push(`contrast ${contrast.toFixed(2)}: ${it.textContent?.trim().slice(0, 40)}`)
    }
    return found
  })
}
