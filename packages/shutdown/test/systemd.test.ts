// What systemd would read from its socket, sent by the real `systemd-notify`.
import { join } from 'node:path'
import { requires, start, temporaryFolder, until } from '@seaworthy/testing'
import t, { type Test } from 'tap'
import { line, service } from './support/service.ts'

/** Node has no datagram sockets with a path. Prints each datagram on a line, its own lines joined with a space. */
const receiver = String.raw`
  use IO::Socket::UNIX; $| = 1;
  my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die "no socket: $!";
  print "bound\n";
  while (defined $socket->recv(my $text, 65536)) { $text =~ s/\s+/ /g; print "said $text\n" }
`

/** Stands in for systemd: gives what it was told so far. */
async function manager(t: Test) {
  const NOTIFY_SOCKET = join(temporaryFolder(t, 'notify'), 'socket')
  const running = start(t, 'perl', ['-e', receiver, NOTIFY_SOCKET])
  await running.waitFor(/bound/)
  // Between two notifications `systemd-notify` asks with a barrier whether they have been read.
  const said = () =>
    [...running.output().matchAll(/^said (.*)$/gm)].flatMap(([, text = '']) =>
      text.startsWith('BARRIER') ? [] : text.trim()
    )
  return { NOTIFY_SOCKET, said }
}

requires(['perl', 'systemd-notify'], 'systemd is told: ready, alive, stopping, for how long', async (t) => {
  const { NOTIFY_SOCKET, said } = await manager(t)
  const options = {
    drainDelay: { min: 100, max: 1000 },
    timeout: 4000,
    closeTimeout: 3000,
    flushTimeout: 500
  }
  const app = await service(t, options, { NOTIFY_SOCKET, WATCHDOG_USEC: '100000' })
  await until('the watchdog', () => said().filter((text) => text === 'WATCHDOG=1').length >= 3)
  app.kill()
  t.equal((await app.exit).code, 0)
  await until('stopping', () => said().some((text) => text.startsWith('STOPPING')))

  const [first, ...rest] = said()
  t.equal(first, `READY=1 MAINPID=${app.pid}`)
  t.equal(rest.indexOf('STOPPING=1 EXTEND_TIMEOUT_USEC=8500000') >= 3, true, 'after the watchdog, the budget')
  t.strictSame(
    [...new Set(rest)].toSorted(),
    ['STOPPING=1 EXTEND_TIMEOUT_USEC=8500000', 'WATCHDOG=1'],
    'nothing else'
  )
  t.notOk(line(app, /systemd-notify failed/))
})

requires(
  ['perl', 'systemd-notify'],
  'a service that is ended at once says ready before stopping',
  async (t) => {
    const { NOTIFY_SOCKET, said } = await manager(t)
    const app = await service(t, { drainDelay: 0 }, { NOTIFY_SOCKET })
    app.kill()
    t.equal((await app.exit).code, 0)
    await until('both', () => said().length >= 2)
    t.match(said(), [/^READY=1/, /^STOPPING=1/])
  }
)

requires(['perl', 'systemd-notify'], "another process's watchdog is left alone", async (t) => {
  const { NOTIFY_SOCKET, said } = await manager(t)
  const env = { NOTIFY_SOCKET, WATCHDOG_USEC: '20000', WATCHDOG_PID: '1' }
  const app = await service(t, { drainDelay: { min: 300, max: 1000 } }, env)
  app.kill()
  t.equal((await app.exit).code, 0)
  await until('stopping', () => said().length >= 2)
  t.match(said(), [/^READY=1/, /^STOPPING=1/])
})

t.test('without the program one line says so, and the service runs and ends all the same', async (t) => {
  const env = { NOTIFY_SOCKET: '/nowhere', WATCHDOG_USEC: '20000', PATH: '/nowhere' }
  const app = await service(t, { drainDelay: { min: 200, max: 1000 } }, env)
  await app.waitFor(/systemd-notify failed/)
  app.kill()
  t.equal((await app.exit).code, 0)
  t.equal(app.logs().filter(({ msg }) => /systemd-notify failed/.test(String(msg))).length, 1)
})
