// node packages/bench/lib/profile.mjs [variant]: where the time of a request goes, from node --cpu-prof.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { named } from './catalogue.mjs'
import { loadOf } from './load.mjs'
import { startSubject } from './subject.mjs'

const [name = 'preset, everything on', requests = '60000'] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'seaworthy-profile-'))
const variant = named(name)
const nodeArgs = ['--enable-source-maps', '--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=250']
const subject = await startSubject({ ...variant, nodeArgs })
const load = await loadOf(variant, subject.port)
await load.send(Number(requests))
load.close()
await subject.ask('finish').catch(() => undefined)
await subject.stop()

const [file] = readdirSync(folder)
const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(folder, file), 'utf8'))
rmSync(folder, { recursive: true })

const byId = new Map(nodes.map((node) => [node.id, node]))
for (const node of nodes) for (const child of node.children ?? []) byId.get(child).parent = node
const selfCounts = new Map()
samples.forEach((id, index) => selfCounts.set(id, (selfCounts.get(id) ?? 0) + timeDeltas[index]))

/** Where a frame is: one of our packages, a dependency, Node itself. */
function home({ callFrame: { url, functionName } }) {
  const ours = /packages\/(\w+)\/dist/.exec(url)
  if (ours) return `@seaworthy/${ours[1]}`
  const dependency = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)
  if (dependency) return dependency[1]
  if (url.startsWith('node:')) return 'node'
  return functionName.startsWith('(') ? functionName : url === '' ? 'native' : 'bench'
}

const label = (node) =>
  `${home(node)}  ${node.callFrame.functionName || '(anonymous)'}:${node.callFrame.lineNumber + 1}`
const busy = [...selfCounts].filter(([id]) => byId.get(id).callFrame.functionName !== '(idle)')
const total = busy.reduce((sum, [, time]) => sum + time, 0)

const self = new Map()
const homes = new Map()
const inclusive = new Map()
const add = (map, key, time) => map.set(key, (map.get(key) ?? 0) + time)
for (const [id, time] of busy) {
  const node = byId.get(id)
  add(self, label(node), time)
  add(homes, home(node), time)
  const seen = new Set()
  for (let at = node; at; at = at.parent) {
    const key = label(at)
    if (!seen.has(key) && home(at).startsWith('@seaworthy')) add(inclusive, key, time)
    seen.add(key)
  }
}

const table = (title, map, count) => {
  console.log(`\n${title}`)
  for (const [key, time] of [...map].sort(([, a], [, b]) => b - a).slice(0, count)) {
    const share = ((time / total) * 100).toFixed(1).padStart(5)
    console.log(`${share} %  ${(time / Number(requests)).toFixed(2).padStart(6)} µs  ${key}`)
  }
}
console.log(`${name}: ${(total / Number(requests)).toFixed(1)} µs of CPU per request, ${requests} requests`)
table('by package, own time', homes, 25)
table('our functions, with all they call', inclusive, 50)
table('functions, own time', self, 60)
