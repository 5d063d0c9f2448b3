import { join } from 'node:path'
import { InferenceSession } from 'onnxruntime-node'
import { OperationalError } from '../../schema/runtime/errors.ts'
import { checkFiles, type ModelManifest } from './model-manifest.ts'

/** A level of onnxruntime: its warnings are for those who make graphs, and its errors are thrown as well. */
const LOG_FATAL_ONLY = 4

/**
 * Opens `model.onnx` once it is known to be the described one.
 * @param threads that one inference call may use
 * @throws OperationalError saying which file is wrong and why
 */
export async function openGraph(folder: string, manifest: ModelManifest, threads: number): Promise<InferenceSession> {
  await checkFiles(folder, manifest)
  const file = join(folder, 'model.onnx')
  try {
    // By its path, so that weights that lie in a file beside it are found.
    return await InferenceSession.create(file, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: LOG_FATAL_ONLY,
    })
  } catch (cause) {
    throw new OperationalError(`${file} cannot be loaded: ${(cause as Error).message.trim()}`, { cause })
  }
}
