import { expect, test } from 'vitest';
import * as segtile from '../../dist/index.js';

test('the library exports just these', () => {
  expect(Object.keys(segtile).sort()).toMatchInlineSnapshot(`
    [
      "SegtileError",
      "checkSlide",
      "createGrid",
      "createPreview",
      "createStageClock",
      "createStitch",
      "cutWindows",
      "defaultTruthConfig",
      "defaultWorkers",
      "deflateCodec",
      "floatCodec",
      "formatThresholdFile",
      "inferSlide",
      "inspectSlide",
      "jpegCodec",
      "labelRows",
      "makeDataset",
      "mapOrdered",
      "openPool",
      "openSlide",
      "openTruth",
      "parseThresholdFile",
      "planDataset",
      "planSlide",
      "readCard",
      "readModel",
      "readOverview",
      "readTruthConfig",
      "resolveModel",
      "runSlide",
      "scoreSlide",
      "selectWindows",
      "weightMap",
      "windowsOfRow",
      "wishOf",
      "workingView",
      "writeLabelMask",
      "writePlanes",
      "writeTiff",
    ]
  `);
});
