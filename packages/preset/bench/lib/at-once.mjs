/**
 * Does the work for all variants, in their order, so many at once. Those with `pool` come afterwards, one by one: when the
 * thread pool is through with something depends on what else the machine does, and how many turns the event loop makes
 * for it depends on that.
 */
export async function atOnce(jobs, variants, work) {
  await inOrder(
    jobs,
    variants.filter(({ pool }) => !pool),
    work
  )
  await inOrder(
    1,
    variants.filter(({ pool }) => pool),
    work
  )
}

async function inOrder(jobs, variants, work) {
  const left = [...variants]
  const worker = async () => {
    for (let variant = left.shift(); variant !== undefined; variant = left.shift()) await work(variant)
  }
  await Promise.all(Array.from({ length: jobs }, worker))
}
