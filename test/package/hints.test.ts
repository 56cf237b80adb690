import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const src = new URL('../../src/', import.meta.url);
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

/** The texts that stand as third argument of `new SegtileError(`, or are called a hint. */
const hint =
  /new SegtileError\(\s*[^,()]+,\s*(?:'[^'\n]*'|`[^`]*`|"[^"\n]*"|\w+),\s*(['"`].*)|\b[hH]int\w*(?::| =)\s*(['"`].*)/g;
/** Words that have a capital wherever they stand. */
const names = /^(GPUs?|CUDA|QuPath|TIFF|PNG|JPEG|ONNX|HTTP|CSV|JSON|OME|RGB|DICOM|Bio-Formats)\b/;

test('hints have neither a capital at their start nor a full stop at their end', () => {
  const found = files.flatMap((file) =>
    [...readFileSync(new URL(file, src), 'utf8').matchAll(hint)].map((match) => ({ file, text: (match[1] ?? match[2])! })),
  );
  expect(found.length).toBeGreaterThan(100);
  const wrong = found.filter(({ text }) => {
    const words = text.slice(1);
    return (/^[A-Z]/.test(words) && !names.test(words)) || /[^.]\.['"`][,;)]*$/.test(words);
  });
  expect(wrong).toEqual([]);
});
