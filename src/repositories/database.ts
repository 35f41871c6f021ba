import type { Knex } from 'knex';
import { isMaskUploadError, MaskUploadError } from '../domain/errors.js';

/** A value bound to a `?` of a statement. Arrays become PostgreSQL arrays. */
export type Binding = string | number | boolean | null | readonly (string | number | null)[];

/**
 * Runs statements and gives rows as plain JSON values. Rows travel as one JSON text each, so a host's own type parsers,
 * `postProcessResponse` and `wrapIdentifier` cannot change what we read.
 */
export interface Session {
  /** Runs one SELECT, or one INSERT, UPDATE or DELETE … RETURNING that has no WITH of its own. */
  rows<Row>(sql: string, bindings?: readonly Binding[]): Promise<Row[]>;
  /** Runs a statement that itself selects one column named `row` holding `row_to_json(…)::text`. */
  json<Row>(sql: string, bindings?: readonly Binding[]): Promise<Row[]>;
  /** Runs a statement for its effect; gives the number of rows it touched. */
  execute(sql: string, bindings?: readonly Binding[]): Promise<number>;
}

export interface Database {
  /** One short transaction that writes nothing. Inside one, the server itself ends a statement that takes too long. */
  read<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** One transaction, committed durably. Deadlocks and serialization failures are retried: `work` may run again. */
  write<T>(work: (session: Session) => Promise<T>): Promise<T>;
}

export interface DatabaseLimits {
  /** Milliseconds that the statements of one `read` or one `write` may take together. */
  statementTimeoutMs: number;
  /** Milliseconds to wait for a connection of the host's pool. */
  poolTimeoutMs: number;
}

const MAX_ATTEMPTS = 6;

/** Wraps the host's knex instance. Throws when it is missing, not PostgreSQL, or a transaction. */
export function createDatabase(knex: Knex, limits: DatabaseLimits): Database {
  const own = cleanInstance(knex);

  async function withConnection<T>(work: (connection: PgConnection) => Promise<T>): Promise<T> {
    try {
      const connection = await acquire(own, limits.poolTimeoutMs);
      // Ending the socket makes every statement under way on it reject, and the pool drop the connection.
      const deadline = setTimeout(() => destroySocket(connection), limits.statementTimeoutMs + 500);
      try {
        return await work(connection);
      } finally {
        clearTimeout(deadline);
        await own.client.releaseConnection(connection);
      }
    } catch (error) {
      throw toDatabaseError(error);
    }
  }

  async function transact<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return withConnection((connection) =>
      own.transaction(
        async (trx) => {
          await trx.raw(
            `SET LOCAL statement_timeout = ${Math.ceil(limits.statementTimeoutMs)}; SET LOCAL synchronous_commit = on`,
          );
          return work(sessionOn((sql, bindings) => trx.raw(sql, bindings)));
        },
        { connection },
      ),
    );
  }

  return {
    read: transact,
    async write(work) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await transact(work);
        } catch (error) {
          if (attempt === MAX_ATTEMPTS || !isRetryable(error)) throw error;
          await new Promise((resolve) => setTimeout(resolve, 5 * 2 ** attempt * Math.random()));
        }
      }
    },
  };
}

/** The host's instance without its `wrapIdentifier` and `postProcessResponse`, on the same pool. */
function cleanInstance(knex: Knex): Knex {
  if (typeof knex !== 'function' || typeof (knex as { raw?: unknown }).raw !== 'function') {
    throw new TypeError(
      "Pass `knex`: the host's own knex instance, e.g. createMaskUploadRouter({ knex, storage, auth }).",
    );
  }
  if (knex.isTransaction) {
    throw new TypeError('`knex` is a transaction. Pass the instance itself: transactions are opened and ended here.');
  }
  if (knex.client?.dialect !== 'postgresql') {
    throw new TypeError('`knex` must use the PostgreSQL client (`client: "pg"`).');
  }
  // knex's migrator leaves this mark on the host's instance, where it would keep us from disabling anything
  const userParams = { ...knex.userParams, isProcessingDisabled: false };
  const clean = knex.withUserParams(userParams) as Knex & { disableProcessing(): void };
  clean.disableProcessing();
  return clean;
}

/** What we need of pg's Client, which knex hands out untyped. */
interface PgConnection {
  connection?: { stream?: { destroy(error?: Error): void } };
}

interface PgResult {
  rows: { row: string }[];
  rowCount: number | null;
}

export function sessionOn(run: (sql: string, bindings: never[]) => PromiseLike<unknown>): Session {
  const query = async (sql: string, bindings: readonly Binding[]) =>
    (await run(sql, bindings as unknown as never[])) as PgResult;
  const json = async <Row>(sql: string, bindings: readonly Binding[] = []) =>
    (await query(sql, bindings)).rows.map(({ row }) => JSON.parse(row) as Row);
  return {
    json,
    rows: (sql, bindings) =>
      json(`WITH result AS (${sql}) SELECT row_to_json(result)::text AS row FROM result`, bindings),
    execute: async (sql, bindings = []) => (await query(sql, bindings)).rowCount ?? 0,
  };
}

async function acquire(knex: Knex, timeoutMs: number): Promise<PgConnection> {
  const pending: Promise<PgConnection> = knex.client.acquireConnection();
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      // it may still come: back to the pool with it
      pending.then(
        (connection) => knex.client.releaseConnection(connection),
        () => undefined,
      );
      reject(unavailable('No database connection became free in time.'));
    }, timeoutMs);
  });
  try {
    return await Promise.race([pending, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function destroySocket(connection: PgConnection): void {
  connection.connection?.stream?.destroy(new Error('Connection terminated: statement timeout'));
}

function unavailable(message: string, cause?: unknown): MaskUploadError {
  return new MaskUploadError('database-unavailable', message, { cause });
}

export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

function isRetryable(error: unknown): boolean {
  const state = sqlState((error as { cause?: unknown } | null)?.cause ?? error);
  return state === '40P01' || state === '40001';
}

/** SQLSTATE classes and codes that mean "not now": https://www.postgresql.org/docs/current/errcodes-appendix.html */
const NOT_NOW = /^(08|53|57|58|28|40|25006|55P03|3D000)/;

/** Node and pg report a lost or refused connection by errno or by message only; knex puts "statement - " before it. */
const LOST_CONNECTION =
  /(^| - )(Connection terminated|Client has encountered a connection error|Client was closed|timeout expired|Connection ended|Unable to acquire a connection|Timeout acquiring|Knex: Timeout|aborted|read E|write E|connect E)/i;

function toDatabaseError(error: unknown): unknown {
  if (isMaskUploadError(error)) return error;
  const state = sqlState(error);
  if (state === '22021') return new MaskUploadError('invalid-request', 'Text holds a character that cannot be stored.');
  if (state !== undefined) {
    return NOT_NOW.test(state) ? unavailable('The database cannot answer now; try again.', error) : error;
  }
  const { code, name, message } = (error ?? {}) as { code?: unknown; name?: string; message?: string };
  const lost =
    (typeof code === 'string' && /^E[A-Z_]+$/.test(code)) ||
    name === 'KnexTimeoutError' ||
    name === 'AggregateError' ||
    LOST_CONNECTION.test(message ?? '');
  return lost ? unavailable('The database cannot be reached; try again.', error) : error;
}

/** ISO 8601 UTC with milliseconds, whatever the session's TimeZone and DateStyle. */
export function isoTime(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
