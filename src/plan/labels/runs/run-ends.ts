/**
 * Returns a function that takes a column of this line and returns the first column after it with another value. It
 * compares four pixels at a time, because most lines are mostly one value.
 */
export function runEnds(line: Uint8Array): (start: number) => number {
  const { length } = line;
  const aligned = (4 - (line.byteOffset % 4)) % 4;
  const words =
    length < 8 ? new Int32Array(0) : new Int32Array(line.buffer, line.byteOffset + aligned, (length - aligned) >> 2);
  return (start) => {
    const value = line[start]!;
    let x = start + 1;
    while (x < length && line[x] === value && (x - aligned) % 4 !== 0) x++;
    if (x === length || line[x] !== value || words.length === 0) return endByBytes(line, value, x);
    const word = (value * 0x01010101) | 0;
    let at = (x - aligned) >> 2;
    while (at < words.length && words[at] === word) at++;
    return endByBytes(line, value, aligned + 4 * at);
  };
}

function endByBytes(line: Uint8Array, value: number, from: number): number {
  let x = from;
  while (x < line.length && line[x] === value) x++;
  return x;
}
