import { runCommand } from '../schema/runtime/lifecycle.ts'
import { generateTypes } from './generate-types.ts'
import { launch } from './launch.ts'
import { findFreePort } from './ports.ts'
import { ProcessGroup } from './process-group.ts'
import { recordProcess } from './process-records.ts'
import { refuseArguments } from './refuse-arguments.ts'
import type { StartConfig } from './start-config.ts'
import { stopWithLauncher } from './stop-with-launcher.ts'
import type { Program } from './supervisor.ts'
import { watchDocuments } from './watch-documents.ts'
import { watchSources } from './watch-sources.ts'

/** As npm start, but the page comes from Vite with hot reload, and services restart when their sources change. */
await runCommand(async () => {
  refuseArguments(process.argv.slice(2))
  await launch({
    prepare: generateTypes,
    configureGateway: async (config) => ({ ...config, host: '127.0.0.1', port: await findFreePort() }),
    // Not the page itself: somebody may be in the middle of mending it.
    firstPage: '/@vite/client',
    accompany: ({ config, gatewayUrl, services, logger }) => {
      const stack = new AsyncDisposableStack()
      stack.use(watchDocuments(logger))
      stack.use(watchSources(services.members, logger))
      stack.use(new ProcessGroup(logger)).start([viteProgram(config, gatewayUrl)])
      return stack
    },
  })
})

function viteProgram({ dataDir, host, port }: StartConfig, gatewayUrl: string): Program {
  const address = ['--host', host, '--port', String(port), '--strictPort']
  return {
    name: 'vite',
    ...stopWithLauncher(process.execPath, [
      '../node_modules/vite/bin/vite.js',
      'dev',
      ...address,
      '--logLevel',
      'warn',
    ]),
    cwd: 'web',
    env: { GATEWAY_URL: gatewayUrl, NODE_ENV: 'development' },
    onStart: (pid) => recordProcess(dataDir, 'vite', pid),
  }
}
