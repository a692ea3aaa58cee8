import { install } from './installation.mjs'
import { Processes } from './processes.mjs'

/** `npm run lexicons`: the types of the lexicon documents, where they are missing or old. */
await install(new Processes())
