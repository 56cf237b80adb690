/** What makes a spreadsheet take a text for a formula, where it stands first in a cell. */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * A cell of a CSV (RFC 4180), quoted where that is needed. A text that a spreadsheet would run as a formula gets an apostrophe before it; numbers
 * are left alone. See {@link plainCell}.
 */
export function csvCell(value: string | number): string {
  const text = String(value);
  const safe = FORMULA.test(text) && !isNumber(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The text of a cell that {@link csvCell} wrote: without the apostrophe. */
export function plainCell(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell.slice(1)) ? cell.slice(1) : cell;
}

function isNumber(text: string): boolean {
  return text.trim() === text && Number.isFinite(Number(text));
}
