import type { Hit, HitResult, SharedStore } from './types.ts'

type Done = (error: Error | null, results?: HitResult[]) => void

export const haveSeveralKeys = (hits: readonly Hit[]): boolean =>
  hits.length > 1 && hits.some(({ key }) => key !== hits[0]!.key)

/** The hits of each key. */
export function groupsByKey(hits: readonly Hit[]): Hit[][] {
  const groups = new Map<string, Hit[]>()
  for (const hit of hits) {
    const group = groups.get(hit.key)
    if (group) group.push(hit)
    else groups.set(hit.key, [hit])
  }
  return [...groups.values()]
}

/**
 * Counts a request against limits of several keys, one key after the other, for a cluster in which they are apart. If a
 * key rejects it, what the keys before have counted is given back, and those behind are only read.
 */
export function takeApart(
  store: Pick<SharedStore, 'take' | 'refund'>,
  hits: readonly Hit[],
  done: Done
): void {
  const results = new Map<Hit, HitResult>()
  const counted: Hit[] = []
  let rejected = false

  const takeNext = ([group, ...others]: readonly Hit[][]): void => {
    if (group === undefined) {
      if (rejected && counted.length > 0) store.refund(counted)
      return done(
        null,
        hits.map((hit) => results.get(hit)!)
      )
    }
    const sent = rejected ? group.map((hit) => ({ ...hit, cost: 0, observe: true })) : group
    store.take(sent, (error, found) => {
      if (error) {
        if (counted.length > 0) store.refund(counted)
        return done(error)
      }
      for (const [index, hit] of group.entries()) results.set(hit, found![index]!)
      const rejects = group.some((hit, index) => !hit.observe && found![index]!.exceeded)
      if (!rejected && !rejects) counted.push(...group.filter((_, index) => !found![index]!.exceeded))
      rejected ||= rejects
      takeNext(others)
    })
  }
  takeNext(groupsByKey(hits))
}
