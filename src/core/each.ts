// Work on many things, so many at a time: requests and files, where one after the other would wait.

/** Calls `use` for each item, at most `atOnce` at a time. The first failure is thrown once nothing is under way. */
export async function eachOf<T>(items: Iterable<T>, atOnce: number, use: (item: T) => Promise<unknown>): Promise<void> {
  const rest = items[Symbol.iterator]();
  let failed = false;
  const lane = async (): Promise<void> => {
    for (let next = rest.next(); next.done !== true && !failed; next = rest.next()) {
      try {
        await use(next.value);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: atOnce }, lane));
  const broken = lanes.find((outcome) => outcome.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
}
