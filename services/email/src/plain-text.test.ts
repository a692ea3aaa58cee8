import { expect, test } from 'vitest'
import { plainText } from './plain-text.ts'

test.each([
  ['<p>a</p><p>b</p>', 'a\n\nb\n'],
  ['a<br>b<br/>c', 'a\nb\nc\n'],
  ['<ul><li>one</li><li>two</li></ul>end', '- one\n- two\n\nend\n'],
  ['<a href="https://a.example/x?y=1&amp;z">here</a>', 'here (https://a.example/x?y=1&z)\n'],
  ['<a href=https://a.example>https://a.example</a>', 'https://a.example\n'],
  ['&lt;b&gt; &#233; &#x1F600; &nbsp;&unknown; &#0; &#9999999;', '<b> é 😀 &unknown; &#0; &#9999999;\n'],
  ['<style>p { color: red }</style><!-- no --><script>x()</script>y', 'y\n'],
  ['plain\n  text', 'plain text\n'],
  ['<', '<\n'],
  ['', '\n'],
])('%j is read as %j', (html, text) => {
  expect(plainText(html)).toBe(text)
})

test.each(['<a '.repeat(30_000), '<!--'.repeat(30_000), '<style>'.repeat(20_000), '&#'.repeat(60_000)])(
  'a hostile body of 100 kB is read within a second (%#)',
  (html) => {
    const startedAt = performance.now()
    plainText(html)
    expect(performance.now() - startedAt).toBeLessThan(1000)
  },
)
