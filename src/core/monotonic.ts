/** Milliseconds, with fractions, of a clock that nobody sets (clock_gettime(2), CLOCK_MONOTONIC). node's `performance` takes 3 ms to load; it tells when the thread began. */
export function monotonic(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}
