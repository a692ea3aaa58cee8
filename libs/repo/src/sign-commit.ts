import { BytesWrapper, CidLinkWrapper, encode } from '@atcute/cbor'
import { cidBytes, type Digest, sha256 } from '@heronry/core/cid'
import type { Did } from '@heronry/core/did'
import type { Rev } from '@heronry/core/rev'
import type { Signer } from '@heronry/vault/vault'

/** A signed commit object (https://atproto.com/specs/repository#commit-objects), version 3, `prev` null. */
export function signCommit(
  signer: Signer,
  { did, rev, data }: { did: Did; rev: Rev; data: Digest },
): { cid: Digest; bytes: Uint8Array } {
  const unsigned = { did, rev, data: new CidLinkWrapper(cidBytes(data)), prev: null, version: 3 }
  const bytes = encode({ ...unsigned, sig: new BytesWrapper(signer.sign(encode(unsigned))) })
  return { cid: sha256(bytes), bytes }
}
