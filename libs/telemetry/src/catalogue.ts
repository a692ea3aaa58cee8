/**
 * Every metric of the house, and nothing that is not here. docs/metrics.md is made of it (`npm run metrics`).
 *
 * Invariant: a label's values are few: methods, communities, queues, kinds and outcomes. Never a DID, a handle, an address.
 */
export const catalogue = {
  pds_build_info: {
    type: 'gauge',
    help: 'Always 1; which build this process runs.',
    labels: ['service', 'version'],
  },
  pds_http_request_duration_seconds: {
    type: 'histogram',
    help: 'From the head of a request to the last byte of its answer. method_nsid is the XRPC method, or the path of another route; `other` where there is none.',
    labels: ['method_nsid', 'status_class'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  },
  pds_xrpc_requests_total: {
    type: 'counter',
    help: 'XRPC requests answered; code is the HTTP status (499: the client went away first), error the name of the error or nothing.',
    labels: ['nsid', 'code', 'error'],
  },
  pds_http_requests_in_flight: {
    type: 'gauge',
    help: 'Requests that wait for the end of their answer. Open WebSockets count.',
    labels: [],
  },
  pds_rate_limit_rejections_total: {
    type: 'counter',
    help: 'Requests refused with 429, by the name of the limit and its scope (route, shared or global).',
    labels: ['limiter', 'scope'],
  },
  pds_accounts_created_total: {
    type: 'counter',
    help: 'Accounts made.',
    labels: ['community', 'source', 'invited', 'migrated'],
  },
  pds_sessions_created_total: {
    type: 'counter',
    help: 'Sessions begun; source is createSession, createAccount or oauth.',
    labels: ['source'],
  },
  pds_sign_ins_total: {
    type: 'counter',
    help: 'Sign-ins on the pages of OAuth; result is ok or refused (a wrong name, password or code).',
    labels: ['result'],
  },
  pds_oauth_authorizations_total: {
    type: 'counter',
    help: 'Apps that members let in; trusted says whether the house knows the app (PDS_OAUTH_TRUSTED_CLIENTS).',
    labels: ['trusted'],
  },
  pds_repo_commit_duration_seconds: {
    type: 'histogram',
    help: 'From a write handed to the engine to its durable commit, or its refusal (result is ok, refused or failed).',
    labels: ['result'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
  },
  pds_firehose_seq: {
    type: 'gauge',
    help: 'The last sequence number this process has announced (leader) or holds in its ring (edge).',
    labels: ['role'],
  },
  pds_firehose_subscribers: {
    type: 'gauge',
    help: 'Open subscriptions of this edge.',
    labels: [],
  },
  pds_firehose_sent_bytes_total: {
    type: 'counter',
    help: 'Bytes of the stream that this edge has written to the sockets of its subscribers.',
    labels: [],
  },
  pds_firehose_waiting_bytes: {
    type: 'gauge',
    help: 'Bytes that wait in the sockets of this edge for subscribers to take them.',
    labels: [],
  },
  pds_firehose_subscriber_lag_seqs: {
    type: 'gauge',
    help: 'Seqs by which subscribers of this edge are behind its head: of half, 9 of 10, 99 of 100 of them at most, and of the last one (quantile 1).',
    labels: ['quantile'],
  },
  pds_firehose_ring_bytes: {
    type: 'gauge',
    help: 'Bytes of the newest messages that this edge holds in memory.',
    labels: [],
  },
  pds_firehose_replay_bytes: {
    type: 'gauge',
    help: 'Bytes of encoded pages that this edge keeps for subscribers which replay the same hours as others.',
    labels: [],
  },
  pds_firehose_stamp_to_edge_seconds: {
    type: 'histogram',
    help: 'From a stamping, by the clock of the leader, to the ring of this edge, of chunks that came in process or by the stream.',
    labels: [],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
  },
  pds_firehose_pages_read_total: {
    type: 'counter',
    help: 'Pages of new events that this edge has read from Postgres, because no chunk brought them: few, while the stream carries.',
    labels: [],
  },
  pds_firehose_unstamped_age_seconds: {
    type: 'gauge',
    help: 'How long the oldest committed event of the last two hours has waited for its number; 0 where none waits. Shown by whoever may lead.',
    labels: [],
  },
  pds_firehose_archive_lag_seconds: {
    type: 'gauge',
    help: 'How long the oldest event that is not archived has waited; 0 where there is none. Shown by the leader of a house with an archive.',
    labels: [],
  },
  pds_firehose_partitions_overdue: {
    type: 'gauge',
    help: 'Partitions of events that should have been dropped and were not: not archived, in use, or with an event without a number. Shown by the leader.',
    labels: [],
  },
  pds_firehose_resumptions_total: {
    type: 'counter',
    help: 'Times that numbering was resumed after a doubt (system, timeline, table, snapshot, witness, stragglers): each is an alarm.',
    labels: ['doubt'],
  },
  pds_relay_seq_behind: {
    type: 'gauge',
    help: 'Seqs by which a relay, when it was last asked, was behind the last event of a community: of the one it is most behind of.',
    labels: ['relay'],
  },
  pds_relay_account_count: {
    type: 'gauge',
    help: 'Accounts of all communities together that a relay knew when it was last asked.',
    labels: ['relay'],
  },
  pds_relay_hosts: {
    type: 'gauge',
    help: 'Communities by what a relay last said of their host: ok, behind, idle, offline, throttled, banned, unknown host, failing (no answer), unchecked.',
    labels: ['relay', 'verdict'],
  },
  pds_db_pool_in_use: {
    type: 'gauge',
    help: 'Connections to Postgres that are lent out.',
    labels: [],
  },
  pds_db_pool_waiting: {
    type: 'gauge',
    help: 'Callers that wait for a connection to Postgres.',
    labels: [],
  },
  pds_dependency_up: {
    type: 'gauge',
    help: 'What the process goes on without, more slowly (redis): 1 while every part of it that uses it has it.',
    labels: ['dependency'],
  },
  pds_db_pool_wait_seconds: {
    type: 'histogram',
    help: 'How long a caller waited for a connection to Postgres.',
    labels: [],
    buckets: [0.0005, 0.002, 0.01, 0.05, 0.25, 1, 5],
  },
  pds_jobs_pending: {
    type: 'gauge',
    help: 'Jobs of a queue that are due or running, of the queues this process works.',
    labels: ['queue'],
  },
  pds_jobs_oldest_age_seconds: {
    type: 'gauge',
    help: 'How long the oldest due job of a queue has waited to be done; 0 where none is due.',
    labels: ['queue'],
  },
  pds_jobs_failed_total: {
    type: 'counter',
    help: 'Attempts that failed; outcome is retried, or dead where it was the last.',
    labels: ['queue', 'outcome'],
  },
  pds_job_duration_seconds: {
    type: 'histogram',
    help: 'One attempt of a job, from its start to its end.',
    labels: ['queue', 'result'],
    buckets: [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60, 300],
  },
  pds_mail_delivery_seconds: {
    type: 'histogram',
    help: 'From a mail handed to the SMTP server to its acceptance.',
    labels: [],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30],
  },
  pds_mail_failures_total: {
    type: 'counter',
    help: 'Mails the SMTP server did not take; class is permanent (5xx), passing, or, of those it was not asked to take, expired (the code is worth nothing any more), suppressed (the address was refused for good before) or unsent (no server is configured).',
    labels: ['class'],
  },
  pds_proxy_requests_total: {
    type: 'counter',
    help: 'Requests passed on to other services (upstream is appview, moderation, report, chat, push or other); outcome is answered (2xx), refused (4xx), failed (5xx, or a redirect), cut (the answer broke), timeout, unreachable, too_large, client_gone, or shed (too many in flight, left alone after failures, or refused for what was sent).',
    labels: ['upstream', 'outcome'],
  },
  pds_proxy_duration_seconds: {
    type: 'histogram',
    help: 'From a request passed on to another service to the last byte of its answer.',
    labels: ['upstream'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30],
  },
  pds_proxy_in_flight: {
    type: 'gauge',
    help: 'Requests to other services whose answers have not ended.',
    labels: [],
  },
  pds_proxy_circuits_open: {
    type: 'gauge',
    help: 'Other services that are left alone because they failed too often in a row.',
    labels: [],
  },
} as const satisfies Record<string, MetricDefinition>

export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  /** Of a histogram, in its unit. */
  readonly buckets?: readonly number[]
}

type Catalogue = typeof catalogue

export type MetricName = keyof Catalogue

/** The metrics of one type. */
export type NameOf<Type> = { [N in MetricName]: Catalogue[N]['type'] extends Type ? N : never }[MetricName]

/** A value for every label of the metric. */
export type LabelsOf<N extends MetricName> = Readonly<Record<Catalogue[N]['labels'][number], string>>
