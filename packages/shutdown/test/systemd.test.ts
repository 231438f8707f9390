// The notifications that systemd gets through its socket, sent by the real `systemd-notify`.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requires, start, temporaryFolder, until } from '@seaworthy/testing'
import t, { type Test } from 'tap'
import { line, service } from './support/service.ts'

/** Node has no datagram sockets with a path. Prints each datagram on a line, its own lines joined with a space. */
const receiver = String.raw`
  use IO::Socket::UNIX; $| = 1;
  my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die "no socket: $!";
  print "bound\n";
  while (defined $socket->recv(my $text, 65536)) { $text =~ s/\s+/ /g; print "received $text\n" }
`

/** Stands in for systemd: collects the notifications. */
async function manager(t: Test) {
  const NOTIFY_SOCKET = join(temporaryFolder(t, 'notify'), 'socket')
  const running = start(t, 'perl', ['-e', receiver, NOTIFY_SOCKET])
  await running.waitFor(/bound/)
  // Between two notifications `systemd-notify` sends a barrier, to see whether they have been read.
  const notifications = () =>
    [...running.output().matchAll(/^received (.*)$/gm)].flatMap(([, text = '']) =>
      text.startsWith('BARRIER') ? [] : text.trim()
    )
  return { NOTIFY_SOCKET, notifications }
}

requires(
  ['perl', 'systemd-notify'],
  'systemd is notified of ready, the watchdog, and stopping with the budget',
  async (t) => {
    const { NOTIFY_SOCKET, notifications } = await manager(t)
    const options = {
      drainDelay: { min: 100, max: 1000 },
      timeout: 4000,
      closeTimeout: 3000,
      flushTimeout: 500
    }
    const app = await service(t, options, { NOTIFY_SOCKET, WATCHDOG_USEC: '100000' })
    await until('the watchdog', () => notifications().filter((text) => text === 'WATCHDOG=1').length >= 3)
    app.kill()
    t.equal((await app.exit).code, 0)
    await until('stopping', () => notifications().some((text) => text.startsWith('STOPPING')))

    const [first, ...rest] = notifications()
    t.equal(first, `READY=1 MAINPID=${app.pid}`)
    t.equal(
      rest.indexOf('STOPPING=1 EXTEND_TIMEOUT_USEC=8500000') >= 3,
      true,
      'after the watchdog, the budget'
    )
    t.strictSame(
      [...new Set(rest)].toSorted(),
      ['STOPPING=1 EXTEND_TIMEOUT_USEC=8500000', 'WATCHDOG=1'],
      'nothing else'
    )
    t.notOk(line(app, /systemd-notify failed/))
  }
)

requires(
  ['perl', 'systemd-notify'],
  'a service that is stopped at once notifies ready before stopping',
  async (t) => {
    const { NOTIFY_SOCKET, notifications } = await manager(t)
    const app = await service(t, { drainDelay: 0 }, { NOTIFY_SOCKET })
    app.kill()
    t.equal((await app.exit).code, 0)
    await until('both', () => notifications().length >= 2)
    t.match(notifications(), [/^READY=1/, /^STOPPING=1/])
  }
)

requires(
  ['perl', 'systemd-notify'],
  'a program that notifies ready slowly is not overtaken by the one for stopping',
  async (t) => {
    const { NOTIFY_SOCKET, notifications } = await manager(t)
    const folder = temporaryFolder(t, 'slow-notify')
    const slow = `#!/bin/sh\ncase "$1" in READY*) sleep 0.5;; esac\nPATH="$REAL_PATH" exec systemd-notify "$@"\n`
    writeFileSync(join(folder, 'systemd-notify'), slow, { mode: 0o755 })
    const { PATH = '' } = process.env
    const env = { NOTIFY_SOCKET, REAL_PATH: PATH, PATH: `${folder}:${PATH}` }
    const app = await service(t, { drainDelay: 0 }, env)
    app.kill()
    t.equal((await app.exit).code, 0)
    await until('both', () => notifications().length >= 2)
    t.match(notifications(), [/^READY=1/, /^STOPPING=1/])
  }
)

requires(['perl', 'systemd-notify'], 'the watchdog of another process gets no notification', async (t) => {
  const { NOTIFY_SOCKET, notifications } = await manager(t)
  const env = { NOTIFY_SOCKET, WATCHDOG_USEC: '20000', WATCHDOG_PID: '1' }
  const app = await service(t, { drainDelay: { min: 300, max: 1000 } }, env)
  app.kill()
  t.equal((await app.exit).code, 0)
  await until('stopping', () => notifications().length >= 2)
  t.match(notifications(), [/^READY=1/, /^STOPPING=1/])
})

t.test('without systemd-notify one line is logged, and the service runs and exits with 0', async (t) => {
  const env = { NOTIFY_SOCKET: '/nowhere', WATCHDOG_USEC: '20000', PATH: '/nowhere' }
  const app = await service(t, { drainDelay: { min: 200, max: 1000 } }, env)
  await app.waitFor(/systemd-notify failed/)
  app.kill()
  t.equal((await app.exit).code, 0)
  t.equal(app.logs().filter(({ msg }) => /systemd-notify failed/.test(String(msg))).length, 1)
})
