import { escapeHtml } from '../gate/escape-html.ts'

/** Text that is HTML. Invariant: it is made by `html` alone, so that whatever else is put into a page is escaped. */
export class Html {
  readonly #text: string

  constructor(strings: TemplateStringsArray, values: readonly HtmlValue[]) {
    this.#text = strings.reduce((before, text, index) => before + textOf(values[index - 1]) + text)
  }

  toString(): string {
    return this.#text
  }
}

/** Undefined and false are nothing: `${problem && html`…`}`. */
export type HtmlValue = string | number | Html | readonly HtmlValue[] | undefined | false

/** A template whose values are escaped, for text between tags and for attributes in quotes. */
export function html(strings: TemplateStringsArray, ...values: HtmlValue[]): Html {
  return new Html(strings, values)
}

function textOf(value: HtmlValue): string {
  if (value === undefined || value === false) return ''
  if (value instanceof Html) return value.toString()
  return typeof value === 'object' ? value.map(textOf).join('') : escapeHtml(String(value))
}
