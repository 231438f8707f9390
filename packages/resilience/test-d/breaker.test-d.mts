import Fastify, { type FastifyRequest } from 'fastify'
import { expectTypeOf } from 'expect-type'
import {
  resilience,
  type Breaker,
  type BreakerSnapshot,
  type BreakerStateChange,
  type CircuitState,
  type StateChangeReason,
  type CallContext,
  type Detailed,
  type FailureKind
} from '@seaworthy/resilience'

const app = Fastify()
await app.register(resilience)
declare const request: FastifyRequest
// A call outside of a request.
declare const noRequest: null

// A default parameter has the type of its value.
const text = app.resilience.breaker('text', async (_, n = 3) => String(n + 1))
expectTypeOf(text).toEqualTypeOf<Breaker<[n?: number | undefined], string>>()
expectTypeOf(text.call(request, 1)).toEqualTypeOf<Promise<string>>()
expectTypeOf(text.call(noRequest)).toEqualTypeOf<Promise<string>>()
expectTypeOf(text.detailed(request, 1)).toEqualTypeOf<Promise<Detailed<string>>>()
// @ts-expect-error a string is no number
text.call(request, '1')
// @ts-expect-error there is no second argument
text.detailed(request, 1, 2)

// The context is typed, whatever follows it.
const page = app.resilience.breaker('page', async ({ signal, attempt }, url: string, size = 10) => {
  expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
  expectTypeOf(attempt).toEqualTypeOf<number>()
  expectTypeOf(size).toEqualTypeOf<number>()
  return [url, size] as const
})
expectTypeOf(page.call).parameters.toEqualTypeOf<
  [request: FastifyRequest | null | undefined, url: string, size?: number | undefined]
>()
expectTypeOf(page.call(noRequest, '/')).resolves.toEqualTypeOf<readonly [string, number]>()
// @ts-expect-error the url is required
page.call(noRequest)

const many = app.resilience.breaker(
  'many',
  async (context, a: string, b: number, c: boolean, d: Date, e?: bigint) => {
    expectTypeOf(context).toEqualTypeOf<CallContext>()
    return { a, b, c, d, e }
  }
)
expectTypeOf(many.call).parameter(4).toEqualTypeOf<Date>()
const rest = app.resilience.breaker(
  'rest',
  async ({ remaining }, ...items: number[]) => remaining() + items.length
)
expectTypeOf(rest.call(noRequest, 1, 2, 3)).resolves.toEqualTypeOf<number>()
const either = app.resilience.breaker('either', () => 1 as number | Promise<string>)
expectTypeOf(either.call(noRequest)).resolves.toEqualTypeOf<number | string>()

// Options of function type have the types of arguments and result.
app.resilience.breaker('options', async (_, id: string, n = 3) => [id, String(n)], {
  key(id, n) {
    expectTypeOf(id).toEqualTypeOf<string>()
    expectTypeOf(n).toEqualTypeOf<number | undefined>()
    return id
  },
  coalesce: (id) => id,
  idempotent: (id, n) => id === '' || n === 0,
  lastGood: { maxAge: 1000, key: (id) => id },
  fallback(error, { args, kind, signal, request }) {
    expectTypeOf(error.statusCode).toEqualTypeOf<number>()
    expectTypeOf(args).toEqualTypeOf<[id: string, n?: number | undefined]>()
    expectTypeOf(kind).toEqualTypeOf<FailureKind>()
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
    expectTypeOf(request).toEqualTypeOf<FastifyRequest | null>()
    return []
  },
  isFailure(error, result) {
    expectTypeOf(error).toEqualTypeOf<unknown>()
    expectTypeOf(result).toEqualTypeOf<unknown>()
    return undefined
  }
})
// @ts-expect-error the fallback returns another type than the function
app.resilience.breaker('wrong', async () => 'text', { fallback: () => 5 })
// @ts-expect-error a key is a string
app.resilience.breaker('wrong', async (_, id: number) => id, { key: (id) => id })
// @ts-expect-error misspelt
app.resilience.breaker('wrong', async () => 'text', { timout: 5 })
// @ts-expect-error the first argument is the call's context
app.resilience.breaker('wrong', async (n = 3) => String(n))
// @ts-expect-error not a function
app.resilience.breaker('wrong', 'text')

// A generic function has its constraint, an overloaded one its last overload; neither is any.
const generic = app.resilience.breaker('generic', async <T extends string>(_: CallContext, value: T) => value)
expectTypeOf(generic).toEqualTypeOf<Breaker<[value: string], string>>()
function overloaded(context: CallContext, value: string): Promise<string>
function overloaded(context: CallContext, value: number): Promise<number>
async function overloaded(_: CallContext, value: string | number) {
  return value
}
const last = app.resilience.breaker('last', overloaded)
expectTypeOf(last).toEqualTypeOf<Breaker<[value: number], number>>()

// Through a function of the app, arguments and result keep their types.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the declared function is what is tested
function guarded<Args extends unknown[], T>(
  name: string,
  fn: (context: CallContext, ...args: Args) => Promise<T>
) {
  return app.resilience.breaker(name, fn)
}
const through = guarded('through', async (_, id: string) => ({ id }))
expectTypeOf(through.call(noRequest, 'a')).resolves.toEqualTypeOf<{ id: string }>()

expectTypeOf(app.resilience.get('text')).toEqualTypeOf<Breaker | undefined>()
expectTypeOf(app.resilience.get('text')!.call(noRequest)).toEqualTypeOf<Promise<unknown>>()
// Both functions take a listener to state changes and return a function that removes it.
const unsubscribe = text.onStateChange((change) => {
  expectTypeOf(change).toEqualTypeOf<BreakerStateChange>()
  expectTypeOf(change.to).toEqualTypeOf<CircuitState>()
  expectTypeOf(change.reason).toEqualTypeOf<StateChangeReason>()
  expectTypeOf(change.key).toEqualTypeOf<string | undefined>()
})
expectTypeOf(unsubscribe).toEqualTypeOf<() => void>()
expectTypeOf(app.resilience.onStateChange(({ at }) => at.toFixed())).toEqualTypeOf<() => void>()
// @ts-expect-error there is no such field
text.onStateChange(({ state }) => state)

expectTypeOf(app.resilience.list()).toEqualTypeOf<BreakerSnapshot[]>()
expectTypeOf(app.resilience.policy('slow', { timeout: 60_000, retry: { limit: 1 } })).toEqualTypeOf<void>()
expectTypeOf(app.resilience.fetch(request, 'http://a')).toEqualTypeOf<Promise<Response>>()
// @ts-expect-error misspelt
app.resilience.policy('slow', { timout: 60_000 })
// @ts-expect-error misspelt
void app.resilience.fetch(request, 'http://a', { polici: 'slow' })
