import { join } from 'node:path'
import { InferenceSession } from 'onnxruntime-node'
import { OperationalError } from '../../schema/runtime/errors.ts'
import { checkFiles, type ModelManifest } from './model-manifest.ts'

/** A log level of onnxruntime. It hides warnings, which are for makers of graphs, and errors, which are thrown as well. */
const LOG_FATAL_ONLY = 4

/**
 * Opens `model.onnx` after its checksum was compared with the manifest's.
 * @param threads the threads that one inference call may use
 * @throws OperationalError saying which file is wrong and why
 */
export async function openGraph(folder: string, manifest: ModelManifest, threads: number): Promise<InferenceSession> {
  await checkFiles(folder, manifest)
  const file = join(folder, 'model.onnx')
  try {
    // Opened by its path, so that onnxruntime finds weights in a file beside it.
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
