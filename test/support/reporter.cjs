'use strict';

const { Spec } = require('mocha').reporters;

/**
 * Mocha's spec report, and as the very last line of the run a plain `N passed, N failed[, N skipped]` that any CI can
 * count. A failing hook, a failing global fixture and a run without tests count as failures, too.
 */
module.exports = class PlainCount extends Spec {
  /** Mocha calls this after the global teardown, with every failure there was. */
  done(failures, exit) {
    const failed = Math.max(failures, this.stats.failures);
    const skipped = this.stats.pending > 0 ? `, ${this.stats.pending} skipped` : '';
    console.log(`${this.stats.passes} passed, ${failed} failed${skipped}`);
    exit(failed);
  }
};
