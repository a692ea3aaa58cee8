import type { ApiHouse } from './api-house.ts'
import type { Member } from './member.ts'

/** Writes a member's posts and profile, and remembers the posts. */
export function recordWriter(house: ApiHouse, as: Member) {
  const made: { uri: string; cid: string }[] = []
  const write = async (nsid: string, input: object) => {
    const { status, json } = await house.post(`com.atproto.repo.${nsid}`, { repo: as.did, ...input }, { as })
    if (status !== 200) throw new Error(JSON.stringify(json))
    return json
  }
  return {
    made,
    async post(text: string, rest: object = {}) {
      const record = { $type: 'app.bsky.feed.post', text, createdAt: new Date().toISOString(), ...rest }
      const json = await write('createRecord', { collection: 'app.bsky.feed.post', record })
      made.push({ uri: json.uri, cid: json.cid })
      return json
    },
    put: (record: object) =>
      write('putRecord', { collection: 'app.bsky.actor.profile', rkey: 'self', record }),
    remove: (at: number) =>
      write('deleteRecord', { collection: 'app.bsky.feed.post', rkey: made[at]?.uri.split('/').at(-1) }),
  }
}

export type RecordWriter = ReturnType<typeof recordWriter>
