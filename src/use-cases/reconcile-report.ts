/** A mask whose object is not what its row promises. */
export type MaskFinding = {
  maskId: number;
  groupId: number;
  /** The object's key, the mask's `file_path`. */
  key: string;
} & (
  | { kind: 'missing' }
  /** Bytes. */
  | { kind: 'wrongSize'; expected: number; stored: number }
  /** SHA-256, 64 hex digits. Only with `checksums`. */
  | { kind: 'wrongChecksum'; expected: string; stored: string }
  /** It is there, but reading it broke off several times: a damaged disk, say. Only with `checksums`. */
  | { kind: 'unreadable' }
);

/** An object under this installation's prefix that no table knows. */
export interface OrphanFinding {
  kind: 'orphaned';
  key: string;
  /** Bytes. */
  size: number;
  /** ISO 8601 UTC. */
  lastModified: string;
}

/** An upload in parts that the store keeps, and that nobody can complete any more. */
export interface UnfinishedFinding {
  kind: 'unfinished';
  key: string;
  /** ISO 8601 UTC. */
  startedAt: string;
}

export type ReconcileFinding = MaskFinding | OrphanFinding | UnfinishedFinding;
type Kind = ReconcileFinding['kind'];
type Found<K extends Kind> = Extract<ReconcileFinding, { kind: K }>;

export interface Repair {
  /** Orphaned objects that are now queued for deletion. */
  enqueued: number;
  /** Why (further) orphans were not queued; null when they were. */
  refused: string | null;
}

/** What `reconcile` found. Each list holds the first thousand; `counts` counts all. */
export interface ReconcileReport {
  /** Whether nothing at all was found. */
  ok: boolean;
  masks: {
    checked: number;
    missing: Found<'missing'>[];
    wrongSize: Found<'wrongSize'>[];
    wrongChecksum: Found<'wrongChecksum'>[];
    unreadable: Found<'unreadable'>[];
  };
  objects: {
    checked: number;
    orphaned: OrphanFinding[];
  };
  uploads: {
    checked: number;
    unfinished: UnfinishedFinding[];
    /** Unfinished uploads that were ended, when asked to repair. */
    ended: number;
  };
  counts: Record<Kind, number>;
  /** Null unless asked to repair. */
  repair: Repair | null;
}

const MAX_LISTED = 1000;

/** An empty report, and what puts findings into it. */
export function createFindings(onFinding?: (finding: ReconcileFinding) => void | Promise<void>): {
  report: ReconcileReport;
  add(finding: ReconcileFinding): Promise<void>;
} {
  const lists: { [K in Kind]: Found<K>[] } = {
    missing: [],
    wrongSize: [],
    wrongChecksum: [],
    unreadable: [],
    orphaned: [],
    unfinished: [],
  };
  const { orphaned, unfinished, ...masks } = lists;
  const report: ReconcileReport = {
    ok: true,
    masks: { checked: 0, ...masks },
    objects: { checked: 0, orphaned },
    uploads: { checked: 0, unfinished, ended: 0 },
    counts: { missing: 0, wrongSize: 0, wrongChecksum: 0, unreadable: 0, orphaned: 0, unfinished: 0 },
    repair: null,
  };
  return {
    report,
    async add(finding) {
      report.ok = false;
      report.counts[finding.kind]++;
      const list: ReconcileFinding[] = lists[finding.kind];
      if (list.length < MAX_LISTED) list.push(finding);
      await onFinding?.(finding);
    },
  };
}
