import { memory } from '../../src/stores/memory.ts'
import { rules } from './rules.ts'
import { storeSuite } from './store.suite.ts'

storeSuite('memory', async () => {
  let now = 1_000_000
  return { store: memory(rules, () => now), turnClock: (ms) => void (now += ms) }
})
