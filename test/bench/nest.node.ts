import 'reflect-metadata'
import type { AddressInfo } from 'node:net'
import { Controller, Get, Inject, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { HealthCheck, type HealthCheckResult, HealthCheckService, TerminusModule } from '@nestjs/terminus'
import { tell } from './child.ts'
import { rivalChecks } from './rival-checks.ts'

const { postgres, redis } = rivalChecks()

class HealthController {
  private readonly health: HealthCheckService

  constructor(health: HealthCheckService) {
    this.health = health
  }

  ready(): Promise<HealthCheckResult> {
    return this.health.check([
      async () => {
        await postgres()
        return { postgres: { status: 'up' } }
      },
      async () => {
        await redis()
        return { redis: { status: 'up' } }
      },
    ])
  }
}

class AppModule {}

// Decorators are called as functions, because Node only strips types and does not transform them.
const ready = Object.getOwnPropertyDescriptor(HealthController.prototype, 'ready') as PropertyDescriptor
Get('readyz')(HealthController.prototype, 'ready', ready)
HealthCheck()(HealthController.prototype, 'ready', ready)
Inject(HealthCheckService)(HealthController, undefined, 0)
Controller()(HealthController)
Module({ imports: [TerminusModule], controllers: [HealthController] })(AppModule)

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] })
await app.listen(0, '127.0.0.1')
tell(`http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`)
