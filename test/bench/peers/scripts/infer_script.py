"""What people write in an afternoon: windows one by one from tifffile's zarr store, onnxruntime, sums and weights of the whole slide in numpy.

    python infer_script.py slide.tif network.onnx mask.tif threads

With several threads onnxruntime's do not spin while they wait, which takes less of the processor.
"""

import sys

import numpy as np
import onnxruntime
import tifffile
import zarr
from windows import starts

WINDOW, STRIDE = 512, 256


def importance():
    from_centre = np.arange(WINDOW) - (WINDOW - 1) / 2
    line = np.exp(-(from_centre**2) / (2 * (WINDOW / 8) ** 2))
    return np.maximum(np.outer(line, line), 1e-3).astype(np.float32)


slide, network, mask, threads = sys.argv[1:]
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = int(threads)
options.add_session_config_entry("session.intra_op.allow_spinning", "0")
session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
image = zarr.open(tifffile.imread(slide, aszarr=True, key=0), mode="r")
height, width = image.shape[:2]
sums = np.zeros((height, width), np.float32)
weights = np.zeros((height, width), np.float32)
weight = importance()
for y in starts(height, WINDOW, STRIDE):
    for x in starts(width, WINDOW, STRIDE):
        pixels = np.asarray(image[y : y + WINDOW, x : x + WINDOW]).transpose(2, 0, 1)[None]
        logits = session.run(None, {"image": pixels.astype(np.float32) / 255})[0][0, 0]
        sums[y : y + WINDOW, x : x + WINDOW] += weight / (1 + np.exp(-logits))
        weights[y : y + WINDOW, x : x + WINDOW] += weight
tifffile.imwrite(mask, (sums / weights > 0.5).astype(np.uint8), tile=(512, 512), compression="deflate", bigtiff=True)
