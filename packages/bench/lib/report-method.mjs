// How it was measured and what that cannot see, as results.md says it.
export const method = ({ versions }) =>
  `Every variant is started in a process of its own and asked first whether it does what it is measured for (status,
body, headers, the log line, metrics, forged tokens refused); one that does not is left out and named.

1. **Instructions per request.** The server runs under qemu-user ${versions.qemu} with a plugin that counts the
   instructions and system calls of the process (\`lib/count.c\`), Node single-threaded and with fixed seeds. After a warm-up,
   windows of an exact number of requests over eight keep-alive connections, until the last ones agree; the lower quartile
   of those, in two processes, and the lesser of the two: the compiler's work may be added to a count, nothing is ever left
   out of one. What goes through the thread pool (public keys, all of jose), and what it is compared with, gets its requests
   over one connection: the counter loses additions where two threads work at once. Runs repeat to about 3 % whatever else
   the machine does, those with public keys to 0.5 % with the same token. Logs go to /dev/null.
2. **CPU per request.** All variants alive at once, natively, pinned to one core; \`process.cpuUsage()\` around a fixed
   number of requests, variants in turns, the lower quartile. The second bare one is the noise floor.

The route is \`GET /users/:id\` with a parameter and a response schema. The request carries \`Origin\` and a bearer token,
for every variant alike. The recipe is wired as it is written, with a limit that is never reached and without its allow
list for loopback.`

export const blindSpots = `- Instructions see no system calls, no cache misses and no branch prediction: a write costs what it takes to ask for it.
  The number of system calls stands beside them; under qemu a look at the clock is one too, natively it is not.
- qemu's processor is not the one that the service will run on: hashing and RSA take other paths in OpenSSL than with
  hardware support, so signatures look dearer than they are. Compare them among each other only.
- One route, one small answer, one client address, one token: caches (verified tokens, prepared answers) are at their
  best. Requests with ever new tokens cost what "no cache" says.
- What the compiler would optimise after twenty thousand requests is counted at its earlier price.
- Times (CPU, start-up, latency, turns) come from a shared machine with load and server on the same few cores.`
