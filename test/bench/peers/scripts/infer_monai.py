"""MONAI's sliding_window_inference over the slide in memory, with onnxruntime or with PyTorch.

    python infer_monai.py slide.tif network.onnx mask.tif threads onnxruntime|torch
"""

import sys

import numpy as np
import tifffile
import torch
from monai.inferers import sliding_window_inference

slide, path, mask, threads, engine = sys.argv[1:]
torch.set_num_threads(int(threads))
if engine == "torch":
    from network import Network

    network = Network(path)
else:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(threads)
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def network(batch):
        return torch.from_numpy(session.run(None, {"image": batch.numpy()})[0])


image = torch.from_numpy(tifffile.imread(slide, key=0)).permute(2, 0, 1)[None].float().div_(255)
with torch.inference_mode():
    probabilities = sliding_window_inference(
        image, 512, 1, lambda batch: torch.sigmoid(network(batch)), overlap=0.5, mode="gaussian", sigma_scale=0.125
    )
labels = (probabilities[0, 0] > 0.5).numpy().astype(np.uint8)
tifffile.imwrite(mask, labels, tile=(512, 512), compression="deflate", bigtiff=True)
