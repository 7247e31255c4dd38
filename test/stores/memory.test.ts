import { memory } from '../../src/stores/memory.ts'
import type { Store } from '../../src/stores/store.ts'
import { storeSuite } from './store.suite.ts'

storeSuite('memory', (health) => {
  let now = 1_000_000
  const start = (): Store => memory(health, () => now)
  let store = start()
  return {
    store: {
      begin: (...args) => store.begin(...args),
      settled: (...args) => store.settled(...args),
      complete: (...args) => store.complete(...args),
    },
    turnClock: (ms) => void (now += ms),
    forget: () => void (store = start()),
  }
})
