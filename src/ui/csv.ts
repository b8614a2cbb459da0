// A line of CSV (RFC 4180, `\n` at the end). NULL is an empty field, the empty text is `""`.

/** Null stands for NULL. */
export function csvLine(cells: readonly (string | null)[]): string {
  return `${cells.map((cell) => (cell === null ? '' : quoted(cell))).join(',')}\n`;
}

function quoted(cell: string): string {
  return cell === '' || /[",\n\r]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
