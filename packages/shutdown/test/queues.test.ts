// Consumers of real queues: they take no more work when draining starts, and what they have taken ends.
import { requires, startKafka, startRedis } from '@seaworthy/testing'
import { Queue, Worker } from 'bullmq'
import Fastify from 'fastify'
import { Kafka, logLevel } from 'kafkajs'
import type { Test } from 'tap'
import { shutdown, shutdownServerOptions } from '../src/index.ts'

/** A service that sends mails: the first one is sent once the drain has started. */
async function service(t: Test) {
  const app = Fastify(shutdownServerOptions())
  t.teardown(() => app.close())
  await app.register(shutdown, {
    exit: false,
    drainDelay: 0,
    timeout: 600_000,
    closeTimeout: 600_000
  })
  const happened: string[] = []
  const begun = Promise.withResolvers<void>()
  const draining = Promise.withResolvers<void>()
  app.shutdown.onShutdown('database', () => happened.push('database closed'))
  app.shutdown.onDrain(() => void setImmediate(draining.resolve))
  const send = async (name: string) => {
    begun.resolve()
    await draining.promise
    happened.push(`${name} sent`)
  }
  return { app, happened, begun: begun.promise, send }
}

requires(
  ['redis-server'],
  'a BullMQ worker takes no job while the service drains, and its job ends before the pool closes',
  async (t) => {
    const { host, port } = await startRedis(t)
    const connection = { host, port, maxRetriesPerRequest: null }
    const queue = new Queue('mails', { connection })
    t.teardown(() => queue.close())
    const { app, happened, begun, send } = await service(t)
    const worker = new Worker('mails', ({ name }) => app.shutdown.track('mail', () => send(name)), {
      connection
    })
    t.teardown(() => worker.close())
    app.shutdown.onShutdown('mails', () => worker.close(), { phase: 'consumers', timeout: 600_000 })
    await app.ready()
    await queue.addBulk(['first', 'second'].map((name) => ({ name, data: {} })))
    await begun
    t.equal(await app.shutdown.begin(), 0)
    t.strictSame(happened, ['first sent', 'database closed'])
    t.match(await queue.getJobCounts('completed', 'waiting', 'active'), {
      completed: 1,
      waiting: 1,
      active: 0
    })
  }
)

requires(
  ['kcat'],
  'a KafkaJS consumer takes no message while the service drains, and commits those it has handled',
  async (t) => {
    const { host, port } = await startKafka(t)
    const kafka = new Kafka({ brokers: [`${host}:${port}`], logLevel: logLevel.NOTHING })
    const producer = kafka.producer()
    await producer.connect()
    t.teardown(() => producer.disconnect())
    const messages = ['first', 'second'].map((value) => ({ value, partition: 0 }))
    await producer.send({ topic: 'mails', messages })
    const { app, happened, begun, send } = await service(t)
    const consumer = kafka.consumer({ groupId: 'mails' })
    t.teardown(() => consumer.disconnect())
    await consumer.connect()
    await consumer.subscribe({ topics: ['mails'], fromBeginning: true })
    await consumer.run({
      eachMessage: ({ message }) => app.shutdown.track('mail', () => send(String(message.value)))
    })
    app.shutdown.onShutdown('mails', () => consumer.disconnect(), { phase: 'consumers', timeout: 600_000 })
    await app.ready()
    await begun
    t.equal(await app.shutdown.begin(), 0)
    t.strictSame(happened, ['first sent', 'database closed'])
    const admin = kafka.admin()
    await admin.connect()
    t.teardown(() => admin.disconnect())
    const [offsets] = await admin.fetchOffsets({ groupId: 'mails', topics: ['mails'] })
    t.match(offsets, { partitions: [{ partition: 0, offset: '1' }] }, 'the second message is the next')
  }
)
