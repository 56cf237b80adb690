/** The first characters of a cell that make a spreadsheet read the cell as a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * Writes a cell of a CSV file (RFC 4180), quoted if needed. A text that a spreadsheet would run as a formula gets an
 * apostrophe in front; numbers are left as they are. See {@link plainCell}.
 */
export function csvCell(value: string | number): string {
  const text = String(value);
  const safe = FORMULA.test(text) && !isNumber(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The text of a cell that {@link csvCell} wrote, without the apostrophe. */
export function plainCell(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell.slice(1)) ? cell.slice(1) : cell;
}

function isNumber(text: string): boolean {
  return text.trim() === text && Number.isFinite(Number(text));
}
