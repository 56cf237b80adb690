/** Micrometres per unit of length, by the symbols of OME-XML (OME schema 2016-06, UnitsLength; not those of astronomy). */
const SYMBOLS: ReadonlyMap<string, number> = new Map([
  ['Ym', 1e30],
  ['Zm', 1e27],
  ['Em', 1e24],
  ['Pm', 1e21],
  ['Tm', 1e18],
  ['Gm', 1e15],
  ['Mm', 1e12],
  ['km', 1e9],
  ['hm', 1e8],
  ['dam', 1e7],
  ['m', 1e6],
  ['dm', 1e5],
  ['cm', 1e4],
  ['mm', 1e3],
  ['nm', 1e-3],
  ['pm', 1e-6],
  ['fm', 1e-9],
  ['am', 1e-12],
  ['zm', 1e-15],
  ['ym', 1e-18],
  ['Å', 1e-4],
  ['thou', 25.4],
  ['li', 25400 / 12],
  ['in', 25400],
  ['ft', 304800],
  ['yd', 914400],
  ['mi', 1609344000],
  ['pt', 25400 / 72],
]);

/** Other spellings by programs and people, in lower case and without the plural `s`. */
const WORDS: ReadonlyMap<string, number> = new Map([
  ['um', 1],
  ['mu', 1],
  ['micron', 1],
  ['micrometer', 1],
  ['micrometre', 1],
  ['nanometer', 1e-3],
  ['nanometre', 1e-3],
  ['millimeter', 1e3],
  ['millimetre', 1e3],
  ['centimeter', 1e4],
  ['centimetre', 1e4],
  ['inch', 25400],
  ['inche', 25400],
]);

/**
 * What programs may make of `µm`: the micro sign or the Greek letter; its bytes read in the wrong encoding (`Âµm`); a
 * replacement for an unreadable character (`?m`); or its number as an escape. No other unit ends in m and starts with a
 * character outside of ASCII.
 */
const MICRO = /^(?:\?+|[^\0-\x7f]+|\\u00b5|&(?:micro|mu|#181|#xb5);)m$/i;

/** Micrometres per unit of length; undefined for anything that is no unit of length, such as `pixel`. */
export function micrometresPer(unit: string): number | undefined {
  const symbol = unit.normalize('NFC').trim();
  const known = SYMBOLS.get(symbol);
  if (known !== undefined) return known;
  return MICRO.test(symbol) ? 1 : WORDS.get(symbol.toLowerCase().replace(/s$/, ''));
}
