import type { Place } from '../place.js';

/** What a view may ask of the page round it. */
export interface Page {
  readonly place: Place;
  /** Aborted as soon as something else is shown. */
  readonly signal: AbortSignal;
  /** Shows the same place again, as it is now. */
  reload(): void;
  /** Reads the list of groups again. */
  refreshList(): void;
}
