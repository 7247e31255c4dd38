import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'

const text = await readFile(join(import.meta.dirname, '../../deploy/kubernetes.yaml'), 'utf8')

/** The documents of deploy/kubernetes.yaml. */
export const documents = parseAllDocuments(text, { strict: true, uniqueKeys: true })

export const [deployment, service] = documents.map((document) => document.toJS())
export const pod = deployment.spec.template.spec
export const [container] = pod.containers

/** The time between SIGTERM and SIGKILL in milliseconds. The grace period begins with preStop. */
export const graceMs: number =
  (pod.terminationGracePeriodSeconds - container.lifecycle.preStop.sleep.seconds) * 1000
