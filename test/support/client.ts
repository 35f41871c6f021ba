import type { MaskFile, MaskGroupFields } from '../../src/client/index.js';
import type { TestHost } from './host.js';
import { png } from './png.js';

/** What every call of the client needs, against a host of the tests. */
export function clientOf(host: TestHost, user = 'anna') {
  return { baseUrl: `${host.url}/api`, headers: { authorization: `Bearer ${user}` }, annotationId: 1 };
}

/** PNGs of one label, each different. */
export function slices(count: number, label_name = 'liver'): (MaskFile & { data: Buffer })[] {
  return Array.from({ length: count }, (_, slice_index) => ({
    data: png({ value: slice_index }),
    filename: `slice_${slice_index}.png`,
    slice_index,
    label_name,
  }));
}

export function groupOf(count: number): MaskGroupFields {
  return { group_name: 'liver', slice_count: count };
}

/** What the promise rejects with. */
export async function errorOf<E = import('../../src/client/index.js').MaskClientError>(
  promise: Promise<unknown>,
): Promise<E> {
  return promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error) => error,
  );
}
