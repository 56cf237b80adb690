/**
 * Returns the words `, did you mean "…"?` with the known word that is closest to a name: the one with the fewest
 * letters to insert, drop or replace, if these are at most half as many as the name has. Else returns ''.
 */
export function meant(name: string, known: readonly string[]): string {
  const all = known.map((word) => ({ word, away: distance(name.toLowerCase(), word.toLowerCase()) }));
  const nearest = all.reduce<(typeof all)[number] | undefined>((a, b) => (a && a.away <= b.away ? a : b), undefined);
  return nearest && nearest.away <= name.length / 2 ? `, did you mean "${nearest.word}"?` : '';
}

/** The Levenshtein distance of two texts. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
