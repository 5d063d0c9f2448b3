import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { READ_MODEL_NAMES, type ReadModelName } from '../../schema/read-models.ts'
import type { Service } from '../../schema/runtime/lifecycle.ts'
import { createLogger } from '../../schema/runtime/logger.ts'
import { startProjector, type ProjectorOptions } from '../projector.ts'
import { projections } from './all-projections.ts'

/** Runs the projectors of one host in a data folder of their own. */
export class ProjectorRunner implements AsyncDisposable {
  readonly #natsUrl: string
  readonly #running: Service[] = []
  readonly dataDir: string

  private constructor(natsUrl: string, dataDir: string) {
    this.#natsUrl = natsUrl
    this.dataDir = dataDir
  }

  static async create(natsUrl: string): Promise<ProjectorRunner> {
    return new ProjectorRunner(natsUrl, await mkdtemp(join(tmpdir(), 'gravitas-data-')))
  }

  async start(name: ReadModelName, options: ProjectorOptions = {}): Promise<Service> {
    const config = { natsUrl: this.#natsUrl, dataDir: this.dataDir, logLevel: 'silent' } as const
    const service = await startProjector(projections[name], config, createLogger(name, 'silent'), options)
    this.#running.push(service)
    return service
  }

  async startAll(): Promise<void> {
    await Promise.all(READ_MODEL_NAMES.map((name) => this.start(name)))
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((service) => service[Symbol.asyncDispose]()))
  }

  /** The rows that a query of a read model's file gives. */
  query<T>(name: ReadModelName, sql: string): T[] {
    const database = new Sqlite(join(this.dataDir, `${name}.db`), { readonly: true, fileMustExist: true })
    try {
      return database.prepare<[], T>(sql).all()
    } finally {
      database.close()
    }
  }

  /** The recorded ranges of lost events, without those that were accepted. */
  lostEvents(name: ReadModelName): { stream: string; first: number; last: number }[] {
    return this.query(
      name,
      'SELECT stream, first_sequence AS first, last_sequence AS last FROM lost_events WHERE accepted = 0',
    )
  }

  checkpoint(name: ReadModelName, stream: string): number | undefined {
    const rows = this.query<{ stream: string; sequence: number }>(name, 'SELECT stream, sequence FROM checkpoints')
    return rows.find((row) => row.stream === stream)?.sequence
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopAll()
    await rm(this.dataDir, { recursive: true, force: true })
  }
}
