// An option that may be given several times.

export function repeatable(value: string, all: readonly string[] = []): string[] {
  return [...all, value];
}
