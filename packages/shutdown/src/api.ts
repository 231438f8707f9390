import { optionChecks } from '@seaworthy/internal'
import type { AppShutdown } from './app-shutdown.ts'
import type { Resources } from './closing/resources.ts'
import { timeoutRange } from './resolve-options.ts'
import type { SequenceParts, ShutdownSequence } from './sequence.ts'
import type { Shutdown } from './types.ts'

const check = optionChecks('shutdown')

/** Makes `app.shutdown`, which is also the lifecycle port. */
export function createApi(
  app: AppShutdown,
  sequence: ShutdownSequence,
  { resources, flushes }: SequenceParts
): Shutdown {
  return {
    get state() {
      return sequence.state
    },
    get budget() {
      return sequence.budget
    },
    onDrain(listener) {
      check.fn('onDrain', listener)
      sequence.onDrain(listener)
    },
    onShutdown: adder(resources),
    onFlush: adder(flushes),
    begin: (reason = 'begin') => app.begin(reason, undefined, true)
  }
}

const adder =
  (resources: Resources): Shutdown['onShutdown'] =>
  (name, fn, options = {}) => {
    check.string('name', name)
    check.fn(name, fn)
    const { timeout } = options
    resources.add(
      name,
      fn,
      timeout === undefined ? undefined : check.integer(`${name}.timeout`, timeout, timeoutRange)
    )
  }
