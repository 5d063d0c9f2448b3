import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { JetStreamManager } from '@nats-io/jetstream'
import { MODELS, subjects } from '../../schema/subjects.ts'

export interface ModelStatus {
  /** The model whose scores are shown; null before the first promotion. */
  readonly shown: string | null
  /** The name in MODEL_DIR's manifest, which is the model that a scorer on this machine uses; null where there is none. */
  readonly manifest: string | null
}

export async function readModel(jsm: JetStreamManager, modelDir: string): Promise<ModelStatus> {
  const [shown, manifest] = await Promise.all([readShown(jsm), readManifestName(modelDir)])
  return { shown, manifest }
}

async function readShown(jsm: JetStreamManager): Promise<string | null> {
  const message = await jsm.streams.getMessage(MODELS, { last_by_subj: subjects.modelPromoted }).catch(() => null)
  return message?.json<{ model: string }>().model ?? null
}

async function readManifestName(modelDir: string): Promise<string | null> {
  try {
    const { name } = JSON.parse(await readFile(join(modelDir, 'model.json'), 'utf8')) as { name?: unknown }
    return typeof name === 'string' ? name : null
  } catch {
    return null
  }
}
