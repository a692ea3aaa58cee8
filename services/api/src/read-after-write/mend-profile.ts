import { type JsonMap, listOf, mapOf } from './json.ts'
import type { LocalRecords } from './local-records.ts'
import type { LocalViewer } from './local-viewer.ts'

/** What else of a profile is shown as it is written. */
const plainFields = ['description', 'pronouns', 'website', 'pinnedPost']

/** A detailed view of the member as the profile says now; of anybody else as it came. */
export function withOwnProfile(viewer: LocalViewer, view: JsonMap, { profile }: LocalRecords): JsonMap {
  if (profile === undefined || view['did'] !== viewer.actor.did) return view
  const { value } = profile
  return { ...viewer.withProfile(view, value, plainFields), banner: viewer.image('banner', value['banner']) }
}

export function withOwnProfiles(viewer: LocalViewer, answer: JsonMap, local: LocalRecords): JsonMap {
  const profiles = listOf(answer['profiles']).map((view) => withOwnProfile(viewer, mapOf(view), local))
  return { ...answer, profiles }
}
