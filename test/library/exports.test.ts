import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as segtile from '../../dist/index.js';
import { root } from '../package/clone.js';
import { exportsOf, namedBy } from './declarations.js';

test('the library exports just these', () => {
  expect(Object.keys(segtile).sort()).toMatchInlineSnapshot(`
    [
      "SegtileError",
      "checkSlide",
      "compare",
      "createCleaner",
      "createGrid",
      "createPreview",
      "createStitch",
      "cutWindows",
      "defaultTruthConfig",
      "deflateCodec",
      "diagnose",
      "evaluate",
      "formatThresholdFile",
      "inspectSlide",
      "jpegCodec",
      "labelRows",
      "makeDataset",
      "openProbabilities",
      "openSlide",
      "openTruth",
      "outlineObjects",
      "parseThresholdFile",
      "pseudoLabel",
      "readCard",
      "readOverview",
      "readTruthConfig",
      "segment",
      "selectWindows",
      "startModel",
      "thresholdSlide",
      "weightMap",
      "windowsOfRow",
      "workingView",
      "writeMask",
      "writePlanes",
      "writeProbabilityMap",
      "writeTiff",
    ]
  `);
});

test('every type that an exported signature names is exported too', () => {
  const exported = exportsOf(join(root, 'dist/index.d.ts'));
  const key = ({ file, name }: { readonly file: string; readonly name: string }): string =>
    `${file.slice(root.length)} ${name}`;
  const known = new Set(exported.map(key));
  expect(known.size).toBeGreaterThan(100);
  const hidden = exported.flatMap((each) =>
    namedBy(each)
      .filter((other) => typeof other === 'string' || !known.has(key(other)))
      .map((other) => `${each.name} names ${typeof other === 'string' ? other : key(other)}`),
  );
  expect(hidden).toEqual([]);
});
