// node packages/bench/lib/hooks.mjs [variant]: what each hook of a request costs, in instructions.
import { named } from './catalogue.mjs'
import { repeatable } from './instructions.mjs'
import { loadOf } from './load.mjs'
import { percentile } from './statistics.mjs'
import { startSubject } from './subject.mjs'
import { table } from './table.mjs'

const [name = 'preset, everything on'] = process.argv.slice(2)
const windows = 8
const window = 500

const variant = named(name)
const subject = await startSubject(
  { ...variant, nodeArgs: repeatable },
  { count: true, env: { BENCH_HOOKS: 'yes' } }
)
const load = await loadOf(variant, subject.port)
await load.send(20_000)
await subject.ask('hooks')
const rounds = []
for (let index = 0; index < windows; index++) {
  await load.send(window)
  rounds.push(await subject.ask('hooks'))
}
load.close()
await subject.stop()

const rows = rounds[0].hooks
  .map(({ name: hook }, index) => {
    const each = rounds.map(({ hooks, itself }) => hooks[index].instructions / window - itself)
    return [hook, percentile(each, 25)]
  })
  .filter(([, instructions]) => instructions > 0)
console.log(
  table(
    ['hook, whose', 'instructions'],
    rows.map(([hook, cost]) => [hook, Math.round(cost)])
  )
)
