import t from 'tap'
import { TurnBudget } from '../src/shedding/turn-budget.ts'

const priorities = ['low', 'normal', 'high', 'critical'] as const

/** Keeps the event loop busy for milliseconds. */
function spin(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

const nextTurn = () => new Promise<void>((resolve) => void setImmediate(resolve))

t.test('under overload a turn of the event loop admits requests until its time is spent', async (t) => {
  const budget = new TurnBudget()
  const spent = () => priorities.filter((priority) => budget.isSpent(priority))
  await nextTurn()
  t.notOk(budget.isSpent('low'), 'a turn admits one request, whatever its priority')
  spin(21)
  t.ok(budget.isSpent('low'))
  t.ok(budget.isSpent('normal'))
  spin(60)
  t.strictSame(spent(), ['low', 'normal'], 'a few requests of high priority are no queue')
  for (let request = 0; request < 8; request++) budget.isSpent('critical')
  t.strictSame(spent(), ['low', 'normal', 'high'])
  await nextTurn()
  t.notOk(budget.isSpent('high'), 'the next turn has time of its own')
})

t.test('while connections wait, turns are shorter', async (t) => {
  const budget = new TurnBudget()
  budget.adapt(100)
  budget.isSpent('normal')
  spin(13)
  t.ok(budget.isSpent('normal'))
  t.notOk(budget.isSpent('critical'))
})

t.test('a turn that takes long leaves less time for the next one', async (t) => {
  const budget = new TurnBudget()
  budget.isSpent('critical')
  spin(45)
  await nextTurn()
  t.notOk(budget.isSpent('low'), 'which admits one request all the same')
  t.ok(budget.isSpent('low'))
  t.ok(budget.isSpent('normal'))
  t.notOk(budget.isSpent('critical'))
})

t.test(
  'after a turn that requests of high priority have extended, the next one admits no others',
  async (t) => {
    const budget = new TurnBudget()
    budget.isSpent('high')
    spin(45)
    t.notOk(budget.isSpent('high'), 'admitted when there was no time left for others')
    await nextTurn()
    t.strictSame(
      priorities.filter((priority) => budget.isSpent(priority)),
      ['low', 'normal']
    )
    await nextTurn()
    t.notOk(budget.isSpent('low'), 'the turn after that admits one request again')
  }
)
