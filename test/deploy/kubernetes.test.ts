import { describe, expect, test } from 'vitest'
import { onFetch } from '../../src/fetch.ts'
import health from '../../src/health.config.ts'
import { readImage } from './image.ts'
import { container, deployment, documents, pod, service } from './manifest.ts'

const image = readImage()
const { startupProbe, livenessProbe, readinessProbe } = container

test('it is a Deployment and a Service, without a fault in their YAML', () => {
  expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([])
  const kinds = documents.map((document) => [document.get('apiVersion'), document.get('kind')])
  expect(kinds).toEqual([
    ['apps/v1', 'Deployment'],
    ['v1', 'Service'],
  ])
})

describe('the probes', () => {
  test.each([
    ['startup', startupProbe, '/startupz', 2, 30],
    ['liveness', livenessProbe, '/livez', 10, 3],
    ['readiness', readinessProbe, '/readyz', 5, 3],
  ])('for %s ask where the code answers, as often as they should', async (_, probe, path, seconds, times) => {
    expect(probe).toMatchObject({
      httpGet: { path, port: 'http' },
      periodSeconds: seconds,
      failureThreshold: times,
    })
    const { fetch } = onFetch(health)
    const { status } = await fetch(new Request(`http://pod${probe.httpGet.path}`), {})
    expect(status).toBe(path === '/livez' ? 200 : 503)
  })

  test('wait longer than a poll may take', () => {
    for (const { timeoutSeconds } of [startupProbe, readinessProbe]) {
      expect(timeoutSeconds * 1000).toBeGreaterThan(health.deadlineMs)
    }
  })
})

test('a pod that goes is asked no more before it hears of it', () => {
  const { seconds } = container.lifecycle.preStop.sleep
  expect(seconds).toBeGreaterThanOrEqual(readinessProbe.periodSeconds)
})

test('the port is the one that the image listens on', () => {
  expect(container.ports).toEqual([{ name: 'http', containerPort: image.port }])
  expect(container.env).toBeUndefined()
})

test('the user is that of the image, and may do nothing that a web server need not', () => {
  const { runAsNonRoot, runAsUser, runAsGroup, seccompProfile } = pod.securityContext
  expect([runAsNonRoot, `${runAsUser}:${runAsGroup}`]).toEqual([true, image.user])
  expect(seccompProfile).toEqual({ type: 'RuntimeDefault' })
  expect(container.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
  expect(pod.automountServiceAccountToken).toBe(false)
})

test('the environment comes from a Secret', () => {
  expect(container.envFrom).toEqual([{ secretRef: { name: 'allclear' } }])
})

test('the Service and the Deployment find the pods, and the port by its name', () => {
  const { labels } = deployment.spec.template.metadata
  expect(labels).toMatchObject(deployment.spec.selector.matchLabels)
  expect(labels).toMatchObject(service.spec.selector)
  expect(container.ports.map(({ name }: { name: string }) => name)).toContain(
    service.spec.ports[0].targetPort,
  )
})
