// The measured process: loads one variant and nothing else, listens, and answers the questions of the one that
// measures. Everything here is paid by every variant alike.
const [file, name] = process.argv.slice(2)

const { [name]: build } = await import(new URL(file, import.meta.url)).catch(failed)

function failed(error) {
  process.send({ error: error?.stack ?? String(error) }, () => process.exit(1))
  return new Promise(() => undefined)
}

// The benchmark may be stopped at any moment: then no process may stay behind.
process.once('disconnect', () => process.exit())

let watched

/** Waits until garbage is gone, so that memory means what is kept. */
async function settled() {
  for (let round = 0; round < 4; round++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const questions = {
  /** Microseconds of the process; `main`: of its main thread, for which all other requests wait. */
  cpu() {
    const all = process.cpuUsage()
    const { user, system } = process.threadCpuUsage()
    return { ...all, main: user + system }
  },
  async memory() {
    await settled()
    return process.memoryUsage()
  },
  /** The cost of each hook since the last call. */
  hooks: async () => (await import('./lib/hook-costs.mjs')).costs(),
  /** From here on the turns of the event loop are looked at. */
  async watch() {
    const { watchTurns } = await import('./lib/turns.mjs')
    watched = watchTurns()
  },
  watched: () => watched(),
  /** Ends as a program ends, so that a profile is written. */
  finish: () => process.exit(0)
}

try {
  const started = await build(JSON.parse(process.env.BENCH_TOKENS))
  const { port, ...more } = started.listen ? await listening(started) : started
  process.on('message', async ({ question, argument }) => {
    try {
      process.send({ value: await (more[question] ?? questions[question])(argument) })
    } catch (error) {
      process.send({ error: error.stack })
    }
  })
  process.send({ value: { port, cpu: process.cpuUsage(), rss: process.memoryUsage.rss() } })
} catch (error) {
  await failed(error)
}

/** A Fastify app on a port of its own. */
async function listening(app) {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { port: app.server.address().port }
}
