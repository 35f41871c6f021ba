/** Larger files are sent in parts; the least that S3 takes. */
export const THRESHOLD_BYTES = 5 * 2 ** 20;
