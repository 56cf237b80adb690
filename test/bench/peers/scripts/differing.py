"""Pixels in which two masks differ, and those of them at least 256 px from the border of the slide, as JSON: differing.py a.tif b.tif

Rows go by in bands, so that masks of any size can be compared. A mask that is larger (FAST pads to whole patches) is cut to the other.
"""

import json
import sys

import numpy as np
import tifffile
import zarr

one, other = (zarr.open(tifffile.imread(path, aszarr=True, key=0, level=0), mode="r") for path in sys.argv[1:])
height, width = (min(a, b) for a, b in zip(one.shape, other.shape))
differ = inner = 0
for y in range(0, height, 512):
    rows = slice(y, min(y + 512, height))
    apart = (np.asarray(one[rows, :width]) > 0) != (np.asarray(other[rows, :width]) > 0)
    differ += int(apart.sum())
    within = slice(max(256 - y, 0), max(min(height - 256 - y, 512), 0))
    inner += int(apart[within, 256 : max(width - 256, 256)].sum())
print(json.dumps({"differ": differ, "inner": inner, "of": height * width}))
