/** The settings that every process reads. */
const SHARED = [
  'DATA_DIR',
  'DATA_GROUP_READ',
  'LOG_LEVEL',
  'NATS_URL',
  'NATS_PORT',
  'NATS_REPLICAS',
  'NATS_ALLOW_PLAINTEXT',
] as const

/** How the gateway meets clients over HTTP. */
export const HTTP_SETTINGS = [
  'PORT',
  'HOST',
  'ALLOWED_HOSTS',
  'CORS_ORIGINS',
  'TRUST_PROXY',
  'ADMIN_TOKEN',
  'MAX_SUBSCRIPTIONS',
  'MAX_SUBSCRIPTIONS_PER_ADDRESS',
  'MAX_REQUESTS_PER_ADDRESS',
  'MAX_CONNECTIONS_PER_ADDRESS',
] as const

/** The settings of each kind of process. It gets no others, so that no process knows the secrets of another one. */
export const PROCESS_SETTINGS = {
  gateway: [...SHARED, ...HTTP_SETTINGS, 'MODEL_DIR', 'SOURCE'],
  ingest: [
    ...SHARED,
    'SOURCE',
    'SUBREDDITS',
    'POLL_INTERVAL_MS',
    'DEMO_DAYS',
    'DEMO_SEED',
    'DEMO_SPEED',
    'REDDIT_CLIENT_ID',
    'REDDIT_CLIENT_SECRET',
    'REDDIT_USER_AGENT',
    'REDDIT_AUTH_URL',
    'REDDIT_API_URL',
    'REDDIT_RSS_URL',
    'REDDIT_RSS_FEED',
    'REDDIT_RSS_USER',
    'ARCTIC_SHIFT_URL',
    // Node's own settings for requests through a proxy, which may hold a password.
    'HTTP_PROXY',
    'HTTPS_PROXY',
    'NO_PROXY',
    'http_proxy',
    'https_proxy',
    'no_proxy',
    'NODE_USE_ENV_PROXY',
  ],
  scorer: [...SHARED, 'MODEL_DIR', 'OMP_NUM_THREADS'],
  projector: SHARED,
  eraser: SHARED,
} as const satisfies Readonly<Record<string, readonly string[]>>

export type ProcessKind = keyof typeof PROCESS_SETTINGS
