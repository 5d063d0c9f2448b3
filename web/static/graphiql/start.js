// The editors of GraphiQL check and complete queries in these workers.
self.MonacoEnvironment = {
  globalAPI: false,
  getWorkerUrl: (_, label) => `/graphiql/${label}.worker.js`,
}

self.YogaGraphiQL.renderYogaGraphiQL(document.querySelector('#root'), {
  endpoint: '/graphql',
  subscriptionsProtocol: 'SSE',
  title: 'Gravitas',
})
