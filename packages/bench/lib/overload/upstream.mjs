// An upstream that works on twenty requests at a time, fifty milliseconds each, and lets the others wait.
import { createServer } from 'node:http'

const [port] = process.argv.slice(2)
const atOnce = 20
const milliseconds = 50
const waiting = []
let active = 0

function work(response) {
  active++
  setTimeout(() => {
    response.end('well')
    active--
    const next = waiting.shift()
    if (next) work(next)
  }, milliseconds)
}

createServer((_, response) => {
  if (active < atOnce) work(response)
  else waiting.push(response)
}).listen(Number(port), '127.0.0.1')
process.once('disconnect', () => process.exit())
