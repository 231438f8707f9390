import { optionChecks } from '@seaworthy/internal'
import type { AppShutdown } from './app-shutdown.ts'
import type { Resources } from './closing/resources.ts'
import { timeoutRange } from './resolve-options.ts'
import type { SequenceParts } from './sequence-parts.ts'
import type { ShutdownSequence } from './sequence.ts'
import type { Shutdown } from './types.ts'

const check = optionChecks('shutdown')
const phases = ['consumers', 'resources'] as const

/** Makes `app.shutdown`, which is also the lifecycle port. */
export function createApi(
  app: AppShutdown,
  sequence: ShutdownSequence,
  { resources, flushes, background }: SequenceParts
): Shutdown {
  const addResource = adder(resources)
  const addConsumer = adder(background.consumers)
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
    onShutdown(name, fn, options = {}) {
      check.string('name', name)
      const phase = check.oneOf(`${name}.phase`, options.phase ?? 'resources', phases)
      if (phase === 'consumers') addConsumer(name, fn, options)
      else addResource(name, fn, options)
    },
    onFlush: adder(flushes),
    track(name, fn) {
      check.string('name', name)
      check.fn(name, fn)
      return background.work.run(name, fn)
    },
    begin: (reason = 'begin') => app.beginByApp(reason)
  }
}

const adder =
  (resources: Resources): Shutdown['onFlush'] =>
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
