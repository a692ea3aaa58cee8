import type { Brand } from './brand.ts'
import { papers } from './brand.ts'

/** The pages' style sheet: as the provider's pages look, in the community's colour. */
export function styleSheet({ primary, onPrimary, link, linkAtNight }: Brand): string {
  return `:root {
  color-scheme: light dark;
  --primary: ${primary}; --on-primary: ${onPrimary}; --link: ${link};
  --paper: ${papers.day}; --ground: #f5f5f5; --ink: #0a0a0a; --faint: #5c5c5c; --line: #d9d9d9; --field: #767676;
  --tray: #f5f5f5; --bad: #b91c1c; --good: #15803d;
}
@media (prefers-color-scheme: dark) {
  :root {
    --link: ${linkAtNight};
    --paper: ${papers.night}; --ground: #0a0a0a; --ink: #fafafa; --faint: #adadad; --line: #383838; --field: #8a8a8a;
    --tray: #262626; --bad: #fca5a5; --good: #86efac;
  }
}
${rules}`
}

const rules = `* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif;
}
.skip { position: absolute; left: -999px; }
.skip:focus { left: 8px; top: 8px; background: var(--paper); padding: 8px 12px; }
.bar { background: var(--paper); border-bottom: 1px solid var(--line); }
.bar > div { max-width: 60rem; margin: 0 auto; padding: 12px 16px; display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: center; }
.brand { display: flex; gap: 12px; align-items: center; font-weight: 700; font-size: 18px; color: var(--ink); text-decoration: none; }
.brand img { height: 32px; width: auto; }
.who { margin-left: auto; color: var(--faint); overflow-wrap: anywhere; }
.frame { max-width: 60rem; margin: 0 auto; padding: 24px 16px 48px; display: grid; grid-template-columns: 13rem minmax(0, 1fr); gap: 24px; align-items: start; }
.frame.narrow { max-width: 30rem; grid-template-columns: minmax(0, 1fr); }
nav ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 2px; }
nav a { display: block; padding: 8px 12px; border-radius: 8px; color: var(--ink); text-decoration: none; }
nav a:hover { background: var(--paper); text-decoration: underline; }
nav a[aria-current] { background: var(--paper); font-weight: 600; }
main { display: grid; grid-template-columns: minmax(0, 1fr); gap: 16px; }
h1 { font-size: 24px; line-height: 1.3; letter-spacing: -0.02em; margin: 0; }
h2 { font-size: 18px; line-height: 1.4; margin: 0 0 8px; }
p { margin: 0 0 12px; }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 16px; padding: 20px; }
section > :last-child, form > :last-child { margin-bottom: 0; }
a { color: var(--link); text-underline-offset: 3px; }
a:focus-visible, button:focus-visible, input:focus-visible, textarea:focus-visible, summary:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.faint, small { color: var(--faint); font-size: 14px; }
form { margin: 0 0 12px; display: grid; gap: 12px; justify-items: start; }
form.line { display: flex; flex-wrap: wrap; gap: 8px; align-items: end; }
.field { display: grid; gap: 4px; width: 100%; max-width: 26rem; }
.field > span { font-weight: 500; }
.field small { font-weight: 400; }
input[type="text"], input[type="password"], textarea {
  width: 100%; font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--field); border-radius: 8px; padding: 8px 12px;
}
textarea { min-height: 6rem; font: 14px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.check { display: flex; gap: 8px; align-items: baseline; }
button, .button {
  display: inline-block; font: inherit; font-weight: 600; border: 1px solid transparent; border-radius: 8px; padding: 8px 16px; cursor: pointer;
  background: var(--primary); color: var(--on-primary); text-decoration: none;
}
button:hover, .button:hover { filter: brightness(0.94); }
button.plain, .button.plain { background: transparent; color: var(--ink); border-color: var(--field); font-weight: 500; }
button.bad { background: transparent; color: var(--bad); border-color: currentColor; font-weight: 500; }
button:disabled { opacity: 0.5; cursor: default; }
.rows { list-style: none; margin: 0 0 12px; padding: 0; }
.rows > li { border-top: 1px solid var(--line); padding: 12px 0; display: grid; gap: 8px; }
.rows > li:first-child { border-top: 0; padding-top: 0; }
.rows > li:last-child { padding-bottom: 0; }
.rows form { margin: 0; }
.rows strong, code, .code { overflow-wrap: anywhere; }
code { font: 14px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.code { background: var(--tray); border-radius: 8px; padding: 12px 16px; font: 600 18px/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; user-select: all; }
.codes { background: var(--tray); border-radius: 8px; padding: 12px 16px 12px 44px; margin: 0 0 12px; columns: 2 12rem; font: 16px/1.8 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.qr { display: block; width: 220px; max-width: 100%; height: auto; background: #ffffff; border-radius: 8px; margin: 0 0 12px; }
.told { border-left: 4px solid var(--good); background: var(--paper); padding: 12px 16px; border-radius: 8px; margin: 0; }
.told.bad { border-left-color: var(--bad); color: var(--bad); }
.badge { display: inline-block; border: 1px solid currentColor; border-radius: 999px; padding: 0 10px; font-size: 13px; color: var(--faint); }
.badge.on { color: var(--good); }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 12px; margin: 0; padding: 0; list-style: none; }
.tiles a { display: grid; gap: 4px; height: 100%; background: var(--paper); border: 1px solid var(--line); border-radius: 16px; padding: 16px; color: var(--ink); text-decoration: none; }
.tiles a:hover { border-color: var(--field); }
.tiles strong { text-decoration: underline; text-underline-offset: 3px; }
footer { max-width: 60rem; margin: 0 auto; padding: 0 16px 32px; color: var(--faint); font-size: 14px; display: flex; flex-wrap: wrap; gap: 4px 16px; }
footer a { color: inherit; }
@media (max-width: 44rem) {
  .frame { grid-template-columns: minmax(0, 1fr); padding-top: 16px; gap: 16px; }
  nav ul { display: flex; flex-wrap: wrap; gap: 6px; }
  nav a { padding: 6px 10px; border: 1px solid var(--line); }
  .who { margin-left: 0; width: 100%; }
}
`
