import { expect, test } from 'vitest'
import { html } from './html.ts'

test('what is put into a page is text, unless it was made as HTML', () => {
  const name = `<b>"O'Neill" & co</b>`
  const item = html`<li title="${name}">${name}</li>`
  const escaped = '&lt;b&gt;&quot;O&#39;Neill&quot; &amp; co&lt;/b&gt;'
  expect(String(html`<ul>${[item, item]}</ul>${false}${undefined}${7}`)).toBe(
    `<ul><li title="${escaped}">${escaped}</li><li title="${escaped}">${escaped}</li></ul>7`,
  )
  expect(String(html`${[name, 1, undefined]}`)).toBe(`${escaped}1`)
})
