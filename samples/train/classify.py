"""Trains a classifier of windows on tiles that `segtile make-dataset` wrote, and writes it as ONNX with its card.

    python samples/train/classify.py tiles/ --classes glomerulus "sclerosed glomerulus" --name glomerulus -o classifier.onnx

A tile counts as positive if at least `--least` of its pixels belong to the classes; the pixels themselves are not learned from. With `--mixed` half a batch
more is drawn from the copies that `make-dataset --augment` mixed (snapmix, cutmix, mixup): their loss is that of both tiles, by both ratios of the manifest.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import onnx
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

import techniques as t
from tiles import Dataset, Tiles, open_dataset


class Classifier(nn.Module):
    """Convolutions that halve the image `halvings` times, their mean over height and width, and one linear layer."""

    def __init__(self, widths: tuple[int, ...], halvings: int):
        super().__init__()
        layers: list[nn.Module] = []
        for index, (inputs, outputs) in enumerate(zip((3, *widths), widths)):
            if 0 < index <= halvings:
                layers.append(nn.MaxPool2d(2))
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
        self.features = nn.Sequential(*layers)
        self.head = nn.Linear(widths[-1], 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(x).mean((2, 3)))


def lean(network: Classifier) -> Classifier:
    """The same function with batch normalisation inside the convolutions."""
    network = network.eval()
    for index, layer in enumerate(network.features):
        if isinstance(layer, nn.Conv2d):
            network.features[index] = fuse_conv_bn_eval(layer, network.features[index + 1])
            network.features[index + 1] = nn.Identity()
    return network


def auc(scores: torch.Tensor, truth: torch.Tensor) -> float:
    """The chance that a positive scores higher than a negative, with ties as a half (Mann and Whitney)."""
    order = scores.argsort()
    ranks = torch.empty(len(scores), dtype=torch.double)
    ranks[order] = torch.arange(1, len(scores) + 1, dtype=torch.double)
    for value in scores.unique():
        same = scores == value
        if same.sum() > 1:
            ranks[same] = ranks[same].mean()
    positives = int(truth.sum())
    return float((ranks[truth].sum() - positives * (positives + 1) / 2) / (positives * (len(truth) - positives)))


def positives(dataset: Dataset, tiles: Tiles, names: list[str], least: float) -> torch.Tensor:
    labels = [index + 1 for index, entry in enumerate(dataset.classes) if entry["name"] in names]
    inside = sum((tiles.masks == label) for label in labels)
    return inside.float().mean((1, 2)) >= least


def normalised(images: torch.Tensor, dataset: Dataset) -> torch.Tensor:
    mean, std = (torch.tensor(v)[:, None, None] for v in (dataset.mean, dataset.std))
    return (images - mean) / std


def turned(images: torch.Tensor) -> torch.Tensor:
    """A batch in one of the eight symmetries of the square."""
    k = int(torch.randint(8, ()))
    images = torch.rot90(images, k % 4, (2, 3))
    return images.flip(3) if k > 3 else images


class Mixtures:
    """Copies that are mixed of two tiles: images, whether each of the two is positive, and their weights."""

    def __init__(self, dataset: Dataset, tiles: Tiles, truth: torch.Tensor):
        rows = [row for row in dataset.rows if row["partner"]]
        if not rows:
            raise SystemExit(f"{dataset.folder} has no mixed copies: cut it with make-dataset --augment")
        known = dict(zip(tiles.names, truth.float().tolist()))
        images = [np.asarray(Image.open(dataset.folder / row["image"]).convert("RGB")) for row in rows]
        self.images = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous()
        self.truth = torch.tensor([[known[row["source"]], known[row["partner"]]] for row in rows])
        self.weights = torch.tensor([[float(row["mix_ratio"]), float(row["mix_ratio2"])] for row in rows])

    def loss(self, network: Classifier, dataset: Dataset, count: int) -> torch.Tensor:
        pick = torch.randint(len(self.images), (count,))
        images = t.stain(turned(self.images[pick].float() / 255), 0.15)
        logits = network(normalised(images, dataset)).expand(-1, 2)
        return (F.binary_cross_entropy_with_logits(logits, self.truth[pick], reduction="none") * self.weights[pick]).sum(1).mean()


def train(dataset: Dataset, tiles: Tiles, truth: torch.Tensor, args) -> Classifier:
    torch.manual_seed(args.seed)
    network = Classifier(tuple(args.widths), args.halvings)
    optimizer = torch.optim.AdamW(network.parameters(), lr=args.rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.rate, total_steps=args.steps)
    yes, no = truth.nonzero()[:, 0], (~truth).nonzero()[:, 0]
    mixtures = Mixtures(dataset, tiles, truth) if args.mixed else None
    start, total = time.monotonic(), 0.0
    for step in range(args.steps):
        half = args.batch // 2
        pick = torch.cat([yes[torch.randint(len(yes), (half,))], no[torch.randint(len(no), (half,))]])
        images = t.stain(turned(tiles.images[pick].float() / 255), 0.15)
        loss = F.binary_cross_entropy_with_logits(network(normalised(images, dataset))[:, 0], truth[pick].float())
        if mixtures:
            loss = loss + 0.5 * mixtures.loss(network, dataset, half)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        total += float(loss.detach())
        if (step + 1) % 100 == 0:
            print(f"step {step + 1}/{args.steps}  loss {total / 100:.4f}  {time.monotonic() - start:.0f} s", flush=True)
            total = 0.0
    return network.eval()


def write(network: Classifier, dataset: Dataset, output: Path, name: str, window: int) -> None:
    free = {0: "batch", 2: "height", 3: "width"}
    torch.onnx.export(
        lean(network),
        (torch.zeros(1, 3, window, window),),
        str(output),
        input_names=["image"],
        output_names=["scores"],
        dynamic_axes={"image": free, "scores": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )
    card = {
        "name": output.stem,
        "task": "classification",
        "color": "rgb",
        "scale": 1 / 255,
        "mean": dataset.mean,
        "std": dataset.std,
        "activation": "sigmoid",
        "classes": [{"name": name}],
        "window": window,
        **({} if dataset.mpp is None else {"mpp": dataset.mpp}),
    }
    model = onnx.load(output)
    onnx.helper.set_model_props(model, {"segtile": json.dumps(card)})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, output)
    print(f"{output}: {output.stat().st_size / 1e3:.0f} kB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tiles", help="what make-dataset wrote")
    parser.add_argument("--classes", nargs="+", required=True, help="names of the classes of the masks that make a tile positive")
    parser.add_argument("--least", type=float, default=0.02, help="least share of a positive tile that belongs to them")
    parser.add_argument("--mixed", action="store_true", help="train on mixed copies too")
    parser.add_argument("--unseen", help="tiles of other slides: the AUC of the classifier on them is printed")
    parser.add_argument("--name", help="of the class of the classifier; by default the first of --classes")
    parser.add_argument("--widths", type=int, nargs="+", default=[16, 32, 64, 64])
    parser.add_argument("--halvings", type=int, default=2, help="how often the image is halved: the map of --cam has a place for 2^halvings px")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", default="classifier.onnx")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    dataset = open_dataset(args.tiles)
    tiles = dataset.tiles(lambda row: True)
    truth = positives(dataset, tiles, args.classes, args.least)
    print(f"{len(tiles)} tiles, {int(truth.sum())} of them positive")
    network = train(dataset, tiles, truth, args)
    if args.unseen:
        other = open_dataset(args.unseen)
        tiles = other.tiles(lambda row: True)
        truth = positives(other, tiles, args.classes, args.least)
        with torch.no_grad():
            scores = torch.cat([network(normalised(part.float() / 255, dataset))[:, 0] for part in tiles.images.split(64)])
        print(f"{args.unseen}: {len(tiles)} tiles, {int(truth.sum())} positive, AUC {auc(scores, truth):.4f}")
    write(network, dataset, Path(args.output), args.name or args.classes[0], tiles.images.shape[-1])


if __name__ == "__main__":
    main()
