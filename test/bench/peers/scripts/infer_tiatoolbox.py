"""TIAToolbox's SemanticSegmentor, one slide at a time; its predictions are taken from the zarr that it leaves and written as TIFF.

    python infer_tiatoolbox.py slide.tif network.onnx mask.tif threads
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import tifffile
import torch
import zarr
from network import Network

# A torchvision for CUDA does not register its operators beside a torch for the CPU. Nothing here calls them, but it looks for their names.
if not hasattr(torch.ops.torchvision, "nms"):
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
from tiatoolbox.models.engine.io_config import IOSegmentorConfig
from tiatoolbox.models.engine.semantic_segmentor import SemanticSegmentor
from tiatoolbox.models.models_abc import ModelABC


class Segmentation(ModelABC):
    def __init__(self, path):
        super().__init__()
        self.network = Network(path)

    def forward(self, image):
        return torch.sigmoid(self.network(image))

    @staticmethod
    def infer_batch(model, batch_data, *, device):
        with torch.inference_mode():
            image = batch_data.to(device).permute(0, 3, 1, 2).float() / 255
            return model(image).permute(0, 2, 3, 1).cpu().numpy()

    @staticmethod
    def postproc(probabilities):
        return (probabilities[..., 0] > 0.5).astype(np.uint8)


def main():
    slide, network, mask, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    scale = [{"units": "baseline", "resolution": 1.0}]
    config = IOSegmentorConfig(
        input_resolutions=scale,
        output_resolutions=scale,
        save_resolution=scale[0],
        patch_input_shape=[512, 512],
        patch_output_shape=[512, 512],
        stride_shape=[256, 256],
    )
    segmentor = SemanticSegmentor(model=Segmentation(network), batch_size=1, num_workers=0, device="cpu", verbose=False)
    with tempfile.TemporaryDirectory(dir=Path(mask).parent) as folder:
        results = segmentor.run(
            images=[Path(slide)],
            patch_mode=False,
            ioconfig=config,
            auto_get_mask=False,
            save_dir=Path(folder) / "out",
            output_type="zarr",
            overwrite=True,
        )
        (path,) = results.values()
        labels = np.asarray(zarr.open(str(path), mode="r")["predictions"]).astype(np.uint8)
    tifffile.imwrite(mask, labels, tile=(512, 512), compression="deflate", bigtiff=True)


if __name__ == "__main__":
    main()
