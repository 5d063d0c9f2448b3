import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { SubredditParent } from '../../gateway/read-models/subreddit-parent.ts';
import type { PostRow } from '../../projections/posts/queries.ts';
import type { GatewayContext } from '../../gateway/resolvers/context.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** ISO 8601, UTC */
  DateTime: { input: Date; output: Date; }
};

export type Checkpoint = {
  __typename?: 'Checkpoint';
  sequence: Scalars['Float']['output'];
  stream: Scalars['String']['output'];
};

export type Contribution = {
  __typename?: 'Contribution';
  /** A word, a pair of words, the beginning or the end of a word (`elect…`, `…ion`), or a measure of form such as the length of the title */
  feature: Scalars['String']['output'];
  /** Added to the log-odds of being serious: above 0 it pushed the score up */
  logit: Scalars['Float']['output'];
};

/** Base, contributions and rest added up are the log-odds of the score */
export type Explanation = {
  __typename?: 'Explanation';
  /** Log-odds before any word is read */
  base: Scalars['Float']['output'];
  /** The strongest first, in either direction */
  contributions: Array<Contribution>;
  /** The model that gave the score, and explains it */
  model: Scalars['String']['output'];
  /** The sum of the contributions that are not listed */
  rest: Scalars['Float']['output'];
  /** 0 (banter) to 1 (serious): the score */
  seriousness: Scalars['Float']['output'];
};

export type HourlyCoverage = {
  __typename?: 'HourlyCoverage';
  /** Posts that were seen as deleted or removed on Reddit */
  deletedOnReddit: Scalars['Int']['output'];
  /** Posts that the hour has; null where that cannot be known, as in a listing */
  expected: Maybe<Scalars['Int']['output']>;
  hour: Scalars['DateTime']['output'];
  /** Whether the counts are of all of Reddit, not of the subreddit alone */
  ofAllReddit: Scalars['Boolean']['output'];
  seen: Scalars['Int']['output'];
  /** 0 to 1: of the posts expected, or else of the hour's seconds */
  share: Scalars['Float']['output'];
  source: Scalars['String']['output'];
  /** Posts that must exist and were never seen */
  unknown: Scalars['Int']['output'];
};

export type HourlySeriousness = {
  __typename?: 'HourlySeriousness';
  hour: Scalars['DateTime']['output'];
  mean: Scalars['Float']['output'];
  posts: Scalars['Int']['output'];
};

export type PageInfo = {
  __typename?: 'PageInfo';
  endCursor: Maybe<Scalars['String']['output']>;
  hasNextPage: Scalars['Boolean']['output'];
};

/** The state of the machinery */
export type Pipeline = {
  __typename?: 'Pipeline';
  /** Over all subreddits */
  allTime: Seriousness;
  /** The model whose scores are shown; null before the first promotion */
  model: Maybe<Scalars['String']['output']>;
  /** All tracked posts, scored or not */
  posts: Scalars['Int']['output'];
  /** What an operator should know, in words with the remedy: the same as /readyz says; empty while figures are right and up to date */
  problems: Array<Scalars['String']['output']>;
  projections: Array<ProjectionStatus>;
  /** Of all posts, how many came from each source */
  sources: Array<SourceCount>;
  streams: Array<StreamStatus>;
};

export type Post = {
  __typename?: 'Post';
  createdAt: Scalars['DateTime']['output'];
  /**
   * Why the post has its score: the words and marks that weigh most, `first` of them. It is computed from the log at each request.
   * Null where there is nothing to explain: the post is not scored, its text is no longer in the log, or its score does not
   * name the text that it is of. Fails with the code OTHER_MODEL where the score is of another model than the gateway's own
   * (MODEL_DIR), with MODEL_UNAVAILABLE or LOG_UNAVAILABLE where the model or the log cannot be asked now, and with OVERLOADED
   * where too many explanations are requested at once. Costs 3,000 of the 200,000 that a query may cost; not allowed in a subscription.
   */
  explanation: Maybe<Explanation>;
  id: Scalars['ID']['output'];
  model: Maybe<Scalars['String']['output']>;
  permalink: Maybe<Scalars['String']['output']>;
  /** Null until scored */
  seriousness: Maybe<Scalars['Float']['output']>;
  subreddit: Scalars['String']['output'];
  title: Scalars['String']['output'];
};


export type PostExplanationArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
};

export type PostConnection = {
  __typename?: 'PostConnection';
  nodes: Array<Post>;
  pageInfo: PageInfo;
};

export type PostOrder =
  | 'LEAST_SERIOUS'
  | 'MOST_SERIOUS'
  | 'NEWEST';

export type ProjectionStatus = {
  __typename?: 'ProjectionStatus';
  checkpoints: Array<Checkpoint>;
  /** Events in the streams that this read model has not applied yet */
  lag: Scalars['Float']['output'];
  /** Events that the log no longer has and no erasure explains */
  lostEvents: Scalars['Float']['output'];
  name: Scalars['String']['output'];
};

export type Query = {
  __typename?: 'Query';
  pipeline: Pipeline;
  post: Maybe<Post>;
  posts: PostConnection;
  /** Case-insensitive; null when the subreddit is not tracked */
  subreddit: Maybe<Subreddit>;
  subreddits: SubredditConnection;
};


export type QueryPostArgs = {
  id: Scalars['ID']['input'];
};


export type QueryPostsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<PostOrder>;
  search?: InputMaybe<Scalars['String']['input']>;
  subreddit?: InputMaybe<Scalars['String']['input']>;
};


export type QuerySubredditArgs = {
  model?: InputMaybe<Scalars['String']['input']>;
  name: Scalars['String']['input'];
};


export type QuerySubredditsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  model?: InputMaybe<Scalars['String']['input']>;
  orderBy?: InputMaybe<SubredditOrder>;
  search?: InputMaybe<Scalars['String']['input']>;
};

export type ScoredPost = {
  __typename?: 'ScoredPost';
  cursor: Scalars['String']['output'];
  post: Post;
};

export type Seriousness = {
  __typename?: 'Seriousness';
  /** 0 (banter) to 1 (serious); null without posts */
  mean: Maybe<Scalars['Float']['output']>;
  /** Distinct scored posts */
  posts: Scalars['Int']['output'];
  standardDeviation: Maybe<Scalars['Float']['output']>;
};

export type SourceCount = {
  __typename?: 'SourceCount';
  posts: Scalars['Int']['output'];
  source: Scalars['String']['output'];
};

export type StreamStatus = {
  __typename?: 'StreamStatus';
  bytes: Scalars['Float']['output'];
  lastSequence: Scalars['Float']['output'];
  messages: Scalars['Float']['output'];
  name: Scalars['String']['output'];
};

export type Subreddit = {
  __typename?: 'Subreddit';
  allTime: Seriousness;
  /**
   * Which share of each hour's posts the sources saw, oldest first; by default the last 168 hours, the running one included. Where several sources
   * report on an hour, the one that saw most counts. Nothing is known of an hour that is not listed, since not all sources report.
   * `subredditUpdated` is sent for new reports about a subreddit, but not for reports about all of Reddit.
   */
  coverage: Array<HourlyCoverage>;
  /** By hour of the posts' creation, oldest first; by default the last 168 hours, the running one included */
  hourly: Array<HourlySeriousness>;
  name: Scalars['String']['output'];
  posts: PostConnection;
};


export type SubredditCoverageArgs = {
  from?: InputMaybe<Scalars['DateTime']['input']>;
  to?: InputMaybe<Scalars['DateTime']['input']>;
};


export type SubredditHourlyArgs = {
  from?: InputMaybe<Scalars['DateTime']['input']>;
  to?: InputMaybe<Scalars['DateTime']['input']>;
};


export type SubredditPostsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<PostOrder>;
};

export type SubredditConnection = {
  __typename?: 'SubredditConnection';
  nodes: Array<Subreddit>;
  pageInfo: PageInfo;
  totalCount: Scalars['Int']['output'];
};

export type SubredditOrder =
  | 'LEAST_SERIOUS'
  | 'MOST_POSTS'
  | 'MOST_SERIOUS'
  | 'NAME';

export type Subscription = {
  __typename?: 'Subscription';
  pipelineUpdated: Pipeline;
  /** Each scored post once, in the order of the log. `after` is a cursor of an earlier event: nothing is lost, nothing comes twice. */
  postScored: ScoredPost;
  /** The subreddits whose figures changed; without names, all of them */
  subredditUpdated: Subreddit;
};


export type SubscriptionPostScoredArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  subreddit?: InputMaybe<Scalars['String']['input']>;
};


export type SubscriptionSubredditUpdatedArgs = {
  names?: InputMaybe<Array<Scalars['String']['input']>>;
};



export type ResolverTypeWrapper<T> = Promise<T> | T;


export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;





/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  Checkpoint: ResolverTypeWrapper<Checkpoint>;
  Contribution: ResolverTypeWrapper<Contribution>;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  Explanation: ResolverTypeWrapper<Explanation>;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  HourlyCoverage: ResolverTypeWrapper<HourlyCoverage>;
  HourlySeriousness: ResolverTypeWrapper<HourlySeriousness>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  Pipeline: ResolverTypeWrapper<Pipeline>;
  Post: ResolverTypeWrapper<PostRow>;
  PostConnection: ResolverTypeWrapper<Omit<PostConnection, 'nodes'> & { nodes: Array<ResolversTypes['Post']> }>;
  PostOrder: PostOrder;
  ProjectionStatus: ResolverTypeWrapper<ProjectionStatus>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  ScoredPost: ResolverTypeWrapper<Omit<ScoredPost, 'post'> & { post: ResolversTypes['Post'] }>;
  Seriousness: ResolverTypeWrapper<Seriousness>;
  SourceCount: ResolverTypeWrapper<SourceCount>;
  StreamStatus: ResolverTypeWrapper<StreamStatus>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  Subreddit: ResolverTypeWrapper<SubredditParent>;
  SubredditConnection: ResolverTypeWrapper<Omit<SubredditConnection, 'nodes'> & { nodes: Array<ResolversTypes['Subreddit']> }>;
  SubredditOrder: SubredditOrder;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  Boolean: Scalars['Boolean']['output'];
  Checkpoint: Checkpoint;
  Contribution: Contribution;
  DateTime: Scalars['DateTime']['output'];
  Explanation: Explanation;
  Float: Scalars['Float']['output'];
  HourlyCoverage: HourlyCoverage;
  HourlySeriousness: HourlySeriousness;
  ID: Scalars['ID']['output'];
  Int: Scalars['Int']['output'];
  PageInfo: PageInfo;
  Pipeline: Pipeline;
  Post: PostRow;
  PostConnection: Omit<PostConnection, 'nodes'> & { nodes: Array<ResolversParentTypes['Post']> };
  ProjectionStatus: ProjectionStatus;
  Query: Record<PropertyKey, never>;
  ScoredPost: Omit<ScoredPost, 'post'> & { post: ResolversParentTypes['Post'] };
  Seriousness: Seriousness;
  SourceCount: SourceCount;
  StreamStatus: StreamStatus;
  String: Scalars['String']['output'];
  Subreddit: SubredditParent;
  SubredditConnection: Omit<SubredditConnection, 'nodes'> & { nodes: Array<ResolversParentTypes['Subreddit']> };
  Subscription: Record<PropertyKey, never>;
};

export type CheckpointResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['Checkpoint'] = ResolversParentTypes['Checkpoint']> = {
  sequence?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  stream?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type ContributionResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['Contribution'] = ResolversParentTypes['Contribution']> = {
  feature?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  logit?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type ExplanationResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['Explanation'] = ResolversParentTypes['Explanation']> = {
  base?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  contributions?: Resolver<Array<ResolversTypes['Contribution']>, ParentType, ContextType>;
  model?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  rest?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  seriousness?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
};

export type HourlyCoverageResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['HourlyCoverage'] = ResolversParentTypes['HourlyCoverage']> = {
  deletedOnReddit?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  expected?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  hour?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  ofAllReddit?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  seen?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  share?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  source?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  unknown?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type HourlySeriousnessResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['HourlySeriousness'] = ResolversParentTypes['HourlySeriousness']> = {
  hour?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  mean?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  posts?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type PipelineResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['Pipeline'] = ResolversParentTypes['Pipeline']> = {
  allTime?: Resolver<ResolversTypes['Seriousness'], ParentType, ContextType>;
  model?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  posts?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  problems?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
  projections?: Resolver<Array<ResolversTypes['ProjectionStatus']>, ParentType, ContextType>;
  sources?: Resolver<Array<ResolversTypes['SourceCount']>, ParentType, ContextType>;
  streams?: Resolver<Array<ResolversTypes['StreamStatus']>, ParentType, ContextType>;
};

export type PostResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['Post'] = ResolversParentTypes['Post']> = {
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  explanation?: Resolver<Maybe<ResolversTypes['Explanation']>, ParentType, ContextType, RequireFields<PostExplanationArgs, 'first'>>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  model?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  permalink?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  seriousness?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  subreddit?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  title?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type PostConnectionResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['PostConnection'] = ResolversParentTypes['PostConnection']> = {
  nodes?: Resolver<Array<ResolversTypes['Post']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type ProjectionStatusResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['ProjectionStatus'] = ResolversParentTypes['ProjectionStatus']> = {
  checkpoints?: Resolver<Array<ResolversTypes['Checkpoint']>, ParentType, ContextType>;
  lag?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  lostEvents?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type QueryResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  pipeline?: Resolver<ResolversTypes['Pipeline'], ParentType, ContextType>;
  post?: Resolver<Maybe<ResolversTypes['Post']>, ParentType, ContextType, RequireFields<QueryPostArgs, 'id'>>;
  posts?: Resolver<ResolversTypes['PostConnection'], ParentType, ContextType, RequireFields<QueryPostsArgs, 'first' | 'orderBy'>>;
  subreddit?: Resolver<Maybe<ResolversTypes['Subreddit']>, ParentType, ContextType, RequireFields<QuerySubredditArgs, 'name'>>;
  subreddits?: Resolver<ResolversTypes['SubredditConnection'], ParentType, ContextType, RequireFields<QuerySubredditsArgs, 'first' | 'orderBy'>>;
};

export type ScoredPostResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['ScoredPost'] = ResolversParentTypes['ScoredPost']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  post?: Resolver<ResolversTypes['Post'], ParentType, ContextType>;
};

export type SeriousnessResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['Seriousness'] = ResolversParentTypes['Seriousness']> = {
  mean?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  posts?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  standardDeviation?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
};

export type SourceCountResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['SourceCount'] = ResolversParentTypes['SourceCount']> = {
  posts?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  source?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type StreamStatusResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['StreamStatus'] = ResolversParentTypes['StreamStatus']> = {
  bytes?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  lastSequence?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  messages?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type SubredditResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['Subreddit'] = ResolversParentTypes['Subreddit']> = {
  allTime?: Resolver<ResolversTypes['Seriousness'], ParentType, ContextType>;
  coverage?: Resolver<Array<ResolversTypes['HourlyCoverage']>, ParentType, ContextType, Partial<SubredditCoverageArgs>>;
  hourly?: Resolver<Array<ResolversTypes['HourlySeriousness']>, ParentType, ContextType, Partial<SubredditHourlyArgs>>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  posts?: Resolver<ResolversTypes['PostConnection'], ParentType, ContextType, RequireFields<SubredditPostsArgs, 'first' | 'orderBy'>>;
};

export type SubredditConnectionResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['SubredditConnection'] = ResolversParentTypes['SubredditConnection']> = {
  nodes?: Resolver<Array<ResolversTypes['Subreddit']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type SubscriptionResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription']> = {
  pipelineUpdated?: SubscriptionResolver<ResolversTypes['Pipeline'], "pipelineUpdated", ParentType, ContextType>;
  postScored?: SubscriptionResolver<ResolversTypes['ScoredPost'], "postScored", ParentType, ContextType, Partial<SubscriptionPostScoredArgs>>;
  subredditUpdated?: SubscriptionResolver<ResolversTypes['Subreddit'], "subredditUpdated", ParentType, ContextType, Partial<SubscriptionSubredditUpdatedArgs>>;
};

export type Resolvers<ContextType = GatewayContext> = {
  Checkpoint?: CheckpointResolvers<ContextType>;
  Contribution?: ContributionResolvers<ContextType>;
  DateTime?: GraphQLScalarType;
  Explanation?: ExplanationResolvers<ContextType>;
  HourlyCoverage?: HourlyCoverageResolvers<ContextType>;
  HourlySeriousness?: HourlySeriousnessResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  Pipeline?: PipelineResolvers<ContextType>;
  Post?: PostResolvers<ContextType>;
  PostConnection?: PostConnectionResolvers<ContextType>;
  ProjectionStatus?: ProjectionStatusResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  ScoredPost?: ScoredPostResolvers<ContextType>;
  Seriousness?: SeriousnessResolvers<ContextType>;
  SourceCount?: SourceCountResolvers<ContextType>;
  StreamStatus?: StreamStatusResolvers<ContextType>;
  Subreddit?: SubredditResolvers<ContextType>;
  SubredditConnection?: SubredditConnectionResolvers<ContextType>;
  Subscription?: SubscriptionResolvers<ContextType>;
};

