import fc from 'fast-check'
import t from 'tap'
import { addressList, clientNetwork, noAddress, parseAddress } from '../src/index.ts'

for (const [text, address] of [
  ['192.0.2.1', '192.0.2.1'],
  ['192.0.2.1:443', '192.0.2.1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['[2001:db8::1]:443', '2001:db8::1'],
  ['2001:db8::1', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['[fe80::1%25eth0]:80', 'fe80::1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['[::ffff:192.0.2.1]:80', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  [' 192.0.2.1 ', '192.0.2.1'],
  ['"192.0.2.1:443"', '192.0.2.1'],
  ['"[2001:db8::1]:443"', '2001:db8::1']
] as const) {
  t.test(`finds the address in "${text}"`, async (t) => {
    t.equal(parseAddress(text)?.toString(), address)
  })
}

for (const text of [
  '',
  'unknown',
  '_hidden',
  '192.0.2',
  '0x7f.1',
  '192.0.2.1:port',
  '2001:db8::1::2',
  '[::1',
  '1'.repeat(5000)
]) {
  t.test(`finds no address in "${text.slice(0, 20)}"`, async (t) => {
    t.equal(parseAddress(text), undefined)
  })
}

t.test('counts IPv6 by its network, IPv4 as it is', async (t) => {
  t.equal(clientNetwork('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::')
  t.equal(clientNetwork('2001:DB8:1:2::1'), '2001:db8:1:2::')
  t.equal(clientNetwork('2001:db8:1:2:3:4:5:6', 48), '2001:db8:1::')
  t.equal(clientNetwork('2001:db8:1:2:3:4:5:6', 128), '2001:db8:1:2:3:4:5:6')
  t.equal(clientNetwork('::ffff:10.0.0.1'), '10.0.0.1')
  t.equal(clientNetwork('10.0.0.1'), '10.0.0.1')
  t.equal(clientNetwork(undefined), noAddress)
})

t.test('gives a text for any text', async (t) => {
  fc.assert(fc.property(fc.string(), (text) => typeof clientNetwork(text) === 'string'))
  fc.assert(fc.property(fc.ipV6(), (ip) => clientNetwork(ip) === clientNetwork(`[${ip}]:80`)))
  t.pass('held')
})

t.test('a list has addresses and ranges, and rejects anything else by name', async (t) => {
  const list = addressList('auth: "allow"', ['10.0.0.0/8', 'fd00::/8', '192.0.2.1', '::ffff:198.51.100.7'])
  for (const inside of ['10.1.2.3', '::ffff:10.1.2.3', 'fd12::1', '192.0.2.1', '198.51.100.7']) {
    t.equal(list(inside), true, inside)
  }
  for (const outside of ['11.0.0.1', '::1', 'localhost', '']) t.equal(list(outside), false, outside)
  for (const entry of ['10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/8/8', 'example.com', '10.0.0.1:80', '']) {
    t.throws(() => addressList('auth: "allow"', [entry]), {
      name: 'RangeError',
      message: /auth: "allow" must list/
    })
  }
})
