import type { SampleBrand } from '../src/sample-mail.ts'
import { makeLogo } from './make-logo.ts'

/** Two communities: one says nothing of how its mails look, the other all there is to say, in a colour that is hard to read on white. */
export const brands: Readonly<Record<string, SampleBrand>> = {
  herons: { name: 'Herons' },
  storks: {
    name: 'The Storks & Friends',
    home: 'https://storks.example',
    support: 'https://storks.example/help',
    color: '#ffb000',
    logo: makeLogo(32, [176, 48, 32]),
    language: 'en',
  },
}
