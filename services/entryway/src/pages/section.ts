import type { Html } from './html.ts'
import type { Member } from './member.ts'

/** One of the pages of an account: what it shows, and what its forms do. */
export interface Section {
  /** Behind the account's address; empty for the first. */
  readonly path: string
  readonly title: string
  /** Whether it speaks with authenticators. */
  readonly script?: boolean
  /** What is said of what was done elsewhere, by the word that its address bears. */
  readonly told?: Readonly<Record<string, string>>
  show(member: Member): Promise<Html>
  readonly actions: Readonly<Record<string, Action>>
}

export interface Action {
  /** Said once it is done. */
  readonly done: string
  /** Also for who has not shown lately that he is the owner. */
  readonly isHarmless?: boolean
  /** Whether it mails somebody: not too often, then. */
  readonly isMail?: boolean
  /** A page that is told this once, such as one with a secret; undefined: the section's. Throws what is told in its place. */
  act(member: ConfirmedMember, form: Form): Promise<Html | undefined>
}

export type ConfirmedMember = Member & { readonly confirmation: string }

/** Each field once; what was not filled in is empty. */
export type Form = (name: string) => string
