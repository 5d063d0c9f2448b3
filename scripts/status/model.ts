import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ConsumerInfo, JetStreamManager } from '@nats-io/jetstream'
import { describeStandstill, readShownModel, toScoringModels } from '../../schema/scoring-models.ts'

export interface ModelStatus {
  /** The model whose scores are shown; null before the first promotion. */
  readonly shown: string | null
  /** The name in MODEL_DIR's manifest, which is the model that a scorer on this machine uses; null where there is none. */
  readonly manifest: string | null
  /** Those that scorers are at work with now. */
  readonly scoring: readonly string[]
  /** What is wrong with these, in words with what to do; null where nothing is. */
  readonly problem: string | null
}

/** @param consumers of all streams */
export async function readModel(
  jsm: JetStreamManager,
  modelDir: string,
  consumers: readonly ConsumerInfo[],
): Promise<ModelStatus> {
  const [shown, manifest] = await Promise.all([readShownModel(jsm).catch(() => undefined), readManifestName(modelDir)])
  const scoring = toScoringModels(consumers)
  return { shown: shown ?? null, manifest, scoring, problem: describeStandstill(shown, scoring) ?? null }
}

async function readManifestName(modelDir: string): Promise<string | null> {
  try {
    const { name } = JSON.parse(await readFile(join(modelDir, 'model.json'), 'utf8')) as { name?: unknown }
    return typeof name === 'string' ? name : null
  } catch {
    return null
  }
}
