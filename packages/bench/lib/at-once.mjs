/** Does the work for all variants, so many at once. */
export async function atOnce(jobs, variants, work) {
  const left = [...variants]
  const worker = async () => {
    for (let variant = left.shift(); variant !== undefined; variant = left.shift()) await work(variant)
  }
  await Promise.all(Array.from({ length: jobs }, worker))
}
