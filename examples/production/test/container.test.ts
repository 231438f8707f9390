import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, startLoad, until, type Registry } from '@seaworthy/testing'
import type { Test } from 'tap'
import { newApp } from './image-apps.ts'
import { baseImage, testInContainers, type Containers } from './image.ts'

const MiB = 2 ** 20

testInContainers('containers', async (t, tools, registry) => {
  await t.test('the image of a new app', async (t) => imageOf(t, tools, registry))
  await t.test('the image of an app that uses pnpm', async (t) => {
    const app = newApp(t, registry, 'pnpm')
    tools.build(app, 'pnpm:test', registry.env.npm_config_userconfig!)
    const port = await freePort()
    const container = tools.start(t, ...runOptions('pnpm', port), 'pnpm:test')
    await ready(port)
    tools.podman('kill', '--signal', 'TERM', 'pnpm')
    t.match(await container.exit, { code: 0 })
  })
})

const ready = async (port: number) =>
  until(
    'the container to be ready',
    async () => (await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined))?.ok,
    60_000
  )

// On a busy machine a balancer notices late, and its requests of that time are to be within the delay.
const settings = (port: number) => [`PORT=${port}`, 'HOST=127.0.0.1', 'DRAIN_DELAY=3000', 'LOG_LEVEL=warn']

const runOptions = (name: string, port: number) =>
  [
    'run --rm --network host --read-only --cap-drop all --memory 256m --security-opt no-new-privileges'.split(
      ' '
    ),
    ['--name', name],
    settings(port).flatMap((setting) => ['--env', setting])
  ].flat()

async function imageOf(t: Test, tools: Containers, registry: Registry): Promise<void> {
  const app = newApp(t, registry, 'npm')
  const build = () => tools.build(app, 'harbour:test', registry.env.npm_config_userconfig!)
  build()

  await t.test('adds at most 60 MB to its base', async (t) => {
    const size = (image: string) => Number(tools.podman('image', 'inspect', '--format', '{{.Size}}', image))
    const addedBytes = size('harbour:test') - size(baseImage)
    t.comment(`${(addedBytes / 1e6).toFixed(1)} MB`)
    t.ok(addedBytes <= 60e6, `${addedBytes} bytes`)
  })

  await t.test('keeps the layer of the dependencies when only sources change', async (t) => {
    writeFileSync(join(app, 'src/more.ts'), 'export {}')
    const printed = build()
    t.match(printed, /RUN .*npm ci.*\n--> Using cache/)
    t.notMatch(printed, /COPY \. \.\n--> Using cache/)
  })

  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const container = tools.start(t, ...runOptions('harbour', port), 'harbour:test')
  await ready(port)

  await t.test('runs as an ordinary user, with nothing to write to, and a heap that fits', async (t) => {
    const facts = (await (await fetch(`${url}/facts`)).json()) as Record<string, number>
    t.match(facts, {
      pid: 1,
      uid: 1000,
      readOnly: true,
      capabilities: '0000000000000000',
      noNewPrivileges: '1',
      memory: 256 * MiB
    })
    t.ok(facts.heap! < 0.8 * 256 * MiB, `a heap of ${Math.round(facts.heap! / MiB)} MiB`)
  })

  await t.test('holds what it needs, owned by root, and no secrets', async (t) => {
    const list = `const fs = require('fs')
      const names = ['.', 'src'].flatMap((folder) => fs.readdirSync('/app/' + folder).map((name) => folder + '/' + name))
      const open = names.filter((name) => { const s = fs.statSync('/app/' + name); return s.uid !== 0 || s.mode & 0o022 })
      process.stdout.write(JSON.stringify({ names: names.sort(), open }))`
    const { names, open } = JSON.parse(tools.podman('exec', 'harbour', 'node', '-e', list)) as {
      names: string[]
      open: string[]
    }
    t.strictSame(names, [
      './node_modules',
      './package-lock.json',
      './package.json',
      './src',
      'src/more.ts',
      'src/server.ts'
    ])
    t.strictSame(open, [], 'nothing can be changed by who runs it')
  })

  await t.test('is healthy when it is ready', async (t) => {
    tools.podman('healthcheck', 'run', 'harbour')
    await fetch(`${url}/switch`, { method: 'POST' })
    t.throws(() => tools.podman('healthcheck', 'run', 'harbour'))
    await fetch(`${url}/switch`, { method: 'POST' })
    tools.podman('healthcheck', 'run', 'harbour')
  })

  await t.test('loses nothing of a load at SIGTERM, and ends with 0', async (t) => {
    // A balancer stops sending when readiness fails, and not before.
    let routed = true
    const load = startLoad(port, '/facts', { connections: 20, onResult: () => routed })
    await until('a flowing load', () => (load.result.statuses['200'] ?? 0) > 100)
    const slow = fetch(`${url}/slow`)
    const before = load.result.sent
    tools.podman('kill', '--signal', 'TERM', 'harbour')
    await until('readiness to fail', async () => (await fetch(`${url}/health/ready`)).status === 503)
    routed = false
    const { sent, statuses, errors } = await load.stop()
    t.strictSame([Object.keys(statuses), errors], [['200'], {}])
    t.ok(sent > before, `${sent - before} requests after the signal`)
    t.match(await slow, { status: 200 }, 'what was in flight is answered')
    t.match(await container.exit, { code: 0 })
  })
}
