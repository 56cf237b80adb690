"""The floor: onnxruntime alone on one thread, on as many windows as the slide has: infer_bare.py network.onnx COUNT"""

import sys

import numpy as np
import onnxruntime

path, count = sys.argv[1], int(sys.argv[2])
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
window = np.random.default_rng(7).random((1, 3, 512, 512), np.float32)
for _ in range(count):
    session.run(None, {"image": window})
