import { expect, test } from 'vitest';
import * as segtile from '../../dist/index.js';

test('the library exports just these', () => {
  expect(Object.keys(segtile).sort()).toMatchInlineSnapshot(`
    [
      "SegtileError",
      "createGrid",
      "createPreview",
      "createStageClock",
      "createStitch",
      "cutWindows",
      "defaultWorkers",
      "deflateCodec",
      "inferSlide",
      "jpegCodec",
      "labelRows",
      "mapOrdered",
      "openPool",
      "openSlide",
      "planSlide",
      "readCard",
      "readModel",
      "readOverview",
      "resolveModel",
      "runSlide",
      "selectWindows",
      "weightMap",
      "windowsOfRow",
      "wishOf",
      "workingView",
      "writeLabelMask",
      "writeTiff",
    ]
  `);
});
