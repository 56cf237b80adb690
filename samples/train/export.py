"""A trained network as ONNX, and the card beside it that tells segtile what it expects.

    python samples/train/export.py model.pt tiles/ -o model.onnx     # from saved weights
"""

import argparse
import json
from pathlib import Path

import onnx
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from network import UNet
from tiles import Dataset, open_dataset

MARGIN = 64


def lean(network: UNet) -> UNet:
    """The same function with less to compute: batch normalisation inside the convolutions; of two classes only their difference.

    softmax(a, b) gives b the probability sigmoid(b - a), so that one channel is as good as two.
    """
    network = network.eval()
    for block in [*network.down, *network.up]:
        for i in (0, 3):
            block[i], block[i + 1] = fuse_conv_bn_eval(block[i], block[i + 1]), nn.Identity()
    if network.head.out_channels == 2:
        head = nn.Conv2d(network.head.in_channels, 1, 1)
        head.weight.data = network.head.weight[1:] - network.head.weight[:1]
        head.bias.data = network.head.bias[1:] - network.head.bias[:1]
        network.head = head
    return network


def card_of(dataset: Dataset, name: str, channels: int, window: int) -> dict:
    """The card: normalisation as in training, classes with their colours, and the pixel size where the tiles had a known one."""
    background = [] if channels == 1 else [{"name": "background"}]
    classes = [{key: entry[key] for key in ("name", "color") if key in entry} for entry in dataset.classes]
    card = {
        "name": name,
        "layout": "nchw",
        "color": "rgb",
        "scale": 1 / 255,
        "mean": dataset.mean,
        "std": dataset.std,
        "activation": "sigmoid" if channels == 1 else "softmax",
        "classes": background + classes,
        "window": 2 * window,
        "margin": MARGIN,
    }
    return card if dataset.mpp is None else {**card, "mpp": dataset.mpp}


def write_model(network: UNet, dataset: Dataset, output: Path, name: str, crop: int) -> None:
    """Writes `output` and its card. The card is also in the file, as metadata, so that it is not lost when the file travels alone."""
    network = lean(network)
    channels = network.head.out_channels
    free = {0: "batch", 2: "height", 3: "width"}
    torch.onnx.export(
        network,
        (torch.zeros(1, 3, crop, crop),),
        str(output),
        input_names=["image"],
        output_names=["scores"],
        dynamic_axes={"image": free, "scores": free},
        opset_version=17,
        dynamo=False,
    )
    card = card_of(dataset, name, channels, crop)
    model = onnx.load(output)
    onnx.helper.set_model_props(model, {"segtile": json.dumps(card)})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, output)
    output.with_suffix(".segtile.json").write_text(json.dumps(card, indent=2) + "\n")
    print(f"{output}: {output.stat().st_size / 1e3:.0f} kB, {sum(p.numel() for p in network.parameters())} parameters")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", help="what train.py saved")
    parser.add_argument("tiles", help="the folder that it was trained on")
    parser.add_argument("-o", "--output", default="model.onnx")
    parser.add_argument("--name")
    parser.add_argument("--crop", type=int, default=256, help="side of the squares that it was trained on, in px")
    args = parser.parse_args()
    saved = torch.load(args.weights, map_location="cpu", weights_only=True)
    dataset, output = open_dataset(args.tiles), Path(args.output)
    network = UNet(len(dataset.classes) + 1, tuple(saved["widths"]))
    network.load_state_dict(saved["weights"])
    write_model(network, dataset, output, args.name or output.stem, args.crop)


if __name__ == "__main__":
    main()
