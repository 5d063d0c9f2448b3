import { defineCommand, readArguments } from '../schema/runtime/command.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { generateTypes } from './generate-types.ts'
import { launch } from './launch.ts'
import { findFreePort } from './ports.ts'
import { ProcessGroup } from './process-group.ts'
import { recordProcess } from './process-records.ts'
import { START_SETTINGS, type StartConfig } from './start-config.ts'
import { stopWithLauncher } from './stop-with-launcher.ts'
import type { Program } from './supervisor.ts'
import { watchDocuments } from './watch-documents.ts'
import { watchSources } from './watch-sources.ts'

const command = defineCommand({
  name: 'dev',
  summary:
    'Like npm start, but the page comes from Vite with hot reload, and services restart when their sources change.',
  settings: START_SETTINGS,
  examples: ['npm run dev', 'PORT=8080 SOURCE=none npm run dev'],
})

await runCommand(async (args) => {
  readArguments(command, args)
  await launch({
    prepare: generateTypes,
    configureGateway: async (config) => ({ ...config, host: '127.0.0.1', port: await findFreePort() }),
    // This is not the page itself, because the page may contain a mistake that somebody is about to correct.
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
