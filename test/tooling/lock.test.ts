import { describe, expect, it } from 'vitest'
import { lockFaults } from './lock.ts'

const tool = { optionalDependencies: { 'tool-linux': '1.0.0', '@tool/darwin': '1.0.0' } }
const locked = {}

describe('the lock file', () => {
  it('is good with every optional dependency hoisted', () => {
    const packages = {
      'node_modules/tool': tool,
      'node_modules/tool-linux': locked,
      'node_modules/@tool/darwin': locked,
    }
    expect(lockFaults({ packages })).toEqual([])
  })

  it.each([
    'node_modules/@host/host/node_modules/tool/node_modules/tool-linux',
    'node_modules/@host/host/node_modules/tool-linux',
    'node_modules/tool-linux',
  ])('is good with one at %s', (place) => {
    const packages = {
      'node_modules/@host/host/node_modules/tool': tool,
      'node_modules/@tool/darwin': locked,
      [place]: locked,
    }
    expect(lockFaults({ packages })).toEqual([])
  })

  it('is faulty without one, and names it', () => {
    const packages = { 'node_modules/tool': tool, 'node_modules/tool-linux': locked }
    expect(lockFaults({ packages })).toEqual([
      'node_modules/tool: its optional dependency @tool/darwin is not in the lock file',
    ])
  })

  it('is faulty with one only where its dependent cannot see it', () => {
    const packages = {
      'node_modules/tool': tool,
      'node_modules/@tool/darwin': locked,
      'node_modules/other/node_modules/tool-linux': locked,
    }
    expect(lockFaults({ packages })).toEqual([
      'node_modules/tool: its optional dependency tool-linux is not in the lock file',
    ])
  })

  it("is faulty without one of the project's own", () => {
    const packages = { '': { optionalDependencies: { fast: '1.0.0' } } }
    expect(lockFaults({ packages })).toEqual([
      'the root: its optional dependency fast is not in the lock file',
    ])
  })

  it.each(['https://registry.example/a/-/a-1.0.0.tgz', 'git+ssh://git@example.com/a.git'])(
    'is faulty with %s in it',
    (resolved) => {
      expect(lockFaults({ packages: { 'node_modules/a': { resolved } } })).toEqual([
        'node_modules/a: its "resolved" names a host',
      ])
    },
  )

  it('is good with a path in it', () => {
    expect(lockFaults({ packages: { 'node_modules/a': { resolved: 'packages/a' } } })).toEqual([])
  })
})
