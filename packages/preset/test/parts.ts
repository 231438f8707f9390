// The preset loads its parts by `require`, and the runner's hooks break that for TypeScript sources. A module that was
// imported before is found in the cache.
import '@seaworthy/auth'
import '@seaworthy/errors'
import '@seaworthy/health'
import '@seaworthy/observability'
import '@seaworthy/resilience'
import '@seaworthy/security'
import '@seaworthy/shutdown'
