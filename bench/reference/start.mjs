import { PDS } from '@atproto/pds'

/** The reference server by environment alone, until SIGTERM. */
await PDS.run()
