/** A bound in time for what may never come. */

/** @param late what is done where it has not come by then; it has the rest of a second to make it come */
export async function bounded<Result>(
  wanted: Promise<Result>,
  milliseconds: number,
  late: () => void,
): Promise<Result> {
  const timers: NodeJS.Timeout[] = [];
  const never = new Promise<never>((_, reject) => {
    timers.push(
      setTimeout(() => {
        late();
        timers.push(setTimeout(() => reject(new Error(`nothing for ${milliseconds} ms`)), 1000));
      }, milliseconds),
    );
  });
  try {
    return await Promise.race([wanted, never]);
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}
