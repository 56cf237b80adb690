"""Trains a U-Net on tiles that `segtile make-dataset` wrote, and writes model.pt, model.onnx and its card.

    pip install -r samples/train/requirements.txt
    python samples/train/train.py tiles/ -o model.onnx                  # all tiles of the part "train"
    python samples/train/train.py tiles/ -o model.onnx --fold 0         # fold 0 is kept to validate on
    python samples/train/train.py tiles/ --extra others/ --extra-weight 0.5 --plateau --log tensorboard

The techniques are switches, `--mixup` or `--no-mixup`; README.md beside this file has what each one brought.
"""

import argparse
import json
import time
from dataclasses import dataclass, fields, replace
from pathlib import Path

import torch
from torch.optim.swa_utils import AveragedModel

import techniques as t
from export import write_model
from network import UNet
from tiles import IGNORE, Dataset, Tiles, open_dataset


@dataclass(frozen=True)
class Recipe:
    """All that a training depends on besides its tiles. The switches are the techniques."""

    steps: int = 2000
    batch: int = 16
    crop: int = 256
    widths: tuple[int, ...] = (8, 16, 32, 64)
    rate: float = 3e-3
    zoom: float = 1.25
    extra_weight: float = 1.0
    stain: float = 0.15
    seed: int = 0
    non_empty: bool = True
    cutout: bool = False
    grid_dropout: bool = False
    cutmix: bool = False
    mixup: bool = False
    cosine: bool = True
    plateau: bool = False
    dice: bool = True
    label_smoothing: bool = False
    lookahead: bool = False
    swa: bool = True
    amp: bool = True


SWITCHES = [field.name for field in fields(Recipe) if field.type is bool]
SWA_FROM = 0.75
PLATEAU = {"factor": 0.5, "patience": 1, "threshold": 0.01}
"""With `plateau`: the rate is halved when the loss of a twentieth of the steps, or of the fold that is kept, has not fallen by 1 % two times running."""


def normalised(images, dataset: Dataset):
    mean, std = (torch.tensor(v, device=images.device)[:, None, None] for v in (dataset.mean, dataset.std))
    return (images - mean) / std


def batches(tiles: Tiles, recipe: Recipe, classes: int, device: torch.device):
    """Endless batches: images 0 to 1, targets [batch, classes, height, width]."""
    counts = torch.stack([(tiles.masks == label).sum() for label in range(classes)])
    rarity = 1 / counts.clamp(min=1).float()
    rarity[0] = 0
    order = torch.empty(0, dtype=torch.long, device=device)
    while True:
        while len(order) < recipe.batch:
            own = len(tiles) if tiles.own is None else tiles.own
            order = torch.cat([order, t.epoch(own, len(tiles) - own, recipe.extra_weight, device)])
        pick, order = order[: recipe.batch], order[recipe.batch :]
        share = 0.5 if recipe.non_empty else 0
        images, masks = t.crops(tiles.images[pick], tiles.masks[pick], recipe.crop, recipe.zoom, share, rarity)
        images = t.stain(images, recipe.stain)
        for technique in ("cutout", "grid_dropout", "cutmix"):
            if getattr(recipe, technique):
                images, masks = getattr(t, technique)(images, masks)
        if recipe.mixup:
            images, masks, others, ratio = t.mixup(images, masks)
            yield images, ratio * t.targets(masks, classes) + (1 - ratio) * t.targets(others, classes)
        else:
            yield images, t.targets(masks, classes)


def train(dataset: Dataset, tiles: Tiles, recipe: Recipe, device: torch.device, log=print, keep=None, weights=None, kept=None, scalar=None) -> UNet:
    """Trains from `weights`, else from the seed's start, and returns the network, ready to be judged. `keep(network)` is called ten times on the way.

    `kept` are tiles that are not trained on, by whose loss `plateau` goes. `scalar(name, value, step)` is told the loss and the rate.
    """
    torch.manual_seed(recipe.seed)
    classes = len(dataset.classes) + 1
    tiles = tiles.to(device)
    network = UNet(classes, recipe.widths).to(device, memory_format=torch.channels_last)
    if weights:
        network.load_state_dict(weights)
    optimizer = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=0.01, fused=device.type == "cuda")
    lookahead = t.Lookahead(network.parameters()) if recipe.lookahead else None
    flat = SWA_FROM if recipe.swa else 1.0
    average = AveragedModel(network) if recipe.swa else None
    source = batches(tiles, recipe, classes, device)
    half = torch.autocast(device.type, torch.bfloat16, enabled=recipe.amp and device.type == "cuda")
    falling = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **PLATEAU) if recipe.plateau else None
    twentieth, since = max(recipe.steps // 20, 1), 0.0
    start, total = time.monotonic(), 0.0
    for step in range(recipe.steps):
        images, target = next(source)
        for group in optimizer.param_groups if not falling else []:
            group["lr"] = recipe.rate * t.learning_rate(step, recipe.steps, recipe.cosine, flat)
        with half:
            logits = network(normalised(images, dataset).to(memory_format=torch.channels_last))
        loss = t.hybrid_loss(logits, target, 0.05 if recipe.label_smoothing else 0, 1.0 if recipe.dice else 0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if lookahead:
            lookahead.step()
        if average and step >= SWA_FROM * recipe.steps and step % 10 == 9:
            average.update_parameters(network)
        total += loss.detach()
        since += loss.detach()
        if (step + 1) % twentieth == 0:
            mean = float(since) / twentieth
            judged = loss_of(network, dataset, kept, classes, device) if kept and (falling or scalar) else mean
            if falling:
                falling.step(judged)
            if scalar:
                scalar("loss", mean, step + 1)
                scalar("rate", optimizer.param_groups[0]["lr"], step + 1)
                if kept:
                    scalar("loss of the fold", judged, step + 1)
            since = 0.0
        if (step + 1) % max(recipe.steps // 10, 1) == 0:
            log(f"step {step + 1}/{recipe.steps}  loss {float(total) / max(recipe.steps // 10, 1):.4f}  {time.monotonic() - start:.0f} s")
            total = 0.0
            if keep:
                keep(network)
    if average and average.n_averaged > 0:
        network = average.module
        settle(network, source, dataset, min(100, recipe.steps // 10 + 1))
    return network.eval()


@torch.no_grad()
def settle(network: UNet, source, dataset: Dataset, count: int) -> None:
    """Measures anew what batch normalisation has to know, because averaged weights have seen no batch."""
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None
    network.train()
    for _ in range(count):
        network(normalised(next(source)[0], dataset))


@torch.no_grad()
def loss_of(network: UNet, dataset: Dataset, tiles: Tiles, classes: int, device: torch.device) -> float:
    """The mean loss of tiles as they are."""
    network.eval()
    sums = []
    for images, masks in zip(tiles.images.split(16), tiles.masks.split(16)):
        logits = network(normalised(images.to(device).float() / 255, dataset))
        sums.append(float(t.hybrid_loss(logits, t.targets(masks.to(device), classes), 0, 1.0)) * len(images))
    network.train()
    return sum(sums) / len(tiles)


@torch.no_grad()
def judge(network: UNet, dataset: Dataset, tiles: Tiles, device: torch.device) -> dict:
    """Dice of each class over the pixels of all tiles together, and its mean over tiles where there is one class."""
    classes = len(dataset.classes) + 1
    sums = torch.zeros(len(tiles), classes, 3, dtype=torch.double)
    network.eval()
    for i in range(len(tiles)):
        image = tiles.images[i : i + 1].to(device).float() / 255
        found = network(normalised(image, dataset)).argmax(1)[0].cpu()
        known = tiles.masks[i].cpu() != IGNORE
        for label in range(classes):
            a, b = (found == label) & known, (tiles.masks[i].cpu() == label) & known
            sums[i, label] = torch.tensor([(a & b).sum(), a.sum(), b.sum()])
    dice = lambda s: (2 * s[..., 0] / (s[..., 1] + s[..., 2])).nan_to_num(1.0)  # noqa: E731
    whole = dice(sums.sum(0))[1:]
    result = {entry["name"]: round(float(whole[i]), 4) for i, entry in enumerate(dataset.classes)}
    return {"dice": result, "macro": round(float(whole.mean()), 4), "mean over tiles": round(float(dice(sums)[:, 1:].mean()), 4)}


def parse() -> tuple[argparse.Namespace, Recipe]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tiles", help="the folder that make-dataset wrote")
    parser.add_argument("-o", "--output", default="model.onnx", help="the model; its card and its weights (.pt) go beside it")
    parser.add_argument("--name", help="what the model is called (default: the name of its file)")
    parser.add_argument("--start", help="weights (.pt) of an earlier training to go on from, of the same widths")
    parser.add_argument("--fold", help="the fold of the part train to validate on instead of training on it")
    parser.add_argument("--extra", nargs="+", default=[], metavar="MANIFEST", help="datasets of others: folders or manifests; classes go by name")
    parser.add_argument("--log", choices=["none", "tensorboard"], default="none", help="tensorboard: losses and rate, in a folder beside the model")
    parser.add_argument("--threads", type=int, help="of the CPU")
    parser.add_argument("--device", default="auto", help="cpu, cuda, or auto: cuda where there is one")
    for field in fields(Recipe):
        flag = "--" + field.name.replace("_", "-")
        if field.type is bool:
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=field.default)
        elif field.name == "widths":
            parser.add_argument(flag, type=int, nargs="+", default=field.default, help="channels at each depth")
        else:
            parser.add_argument(flag, type=field.type, default=field.default)
    args = parser.parse_args()
    recipe = Recipe(**{field.name: getattr(args, field.name) for field in fields(Recipe) if field.name != "widths"}, widths=tuple(args.widths))
    return args, recipe


def device_named(name: str) -> torch.device:
    device = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name)
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True
    return device


def scalar_of(log: str, output: Path):
    """Where losses go, if anywhere: `tensorboard --logdir FOLDER` shows them."""
    if log == "none":
        return None
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(output.with_suffix(".log")))

    def scalar(name: str, value: float, step: int) -> None:
        writer.add_scalar(name, value, step)
        writer.flush()

    return scalar


def main() -> None:
    args, recipe = parse()
    if args.threads:
        torch.set_num_threads(args.threads)
    device = device_named(args.device)
    dataset = open_dataset(args.tiles)
    tiles = dataset.tiles(lambda row: row["split"] == "train" and (args.fold is None or row["fold"] != args.fold))
    for folder in args.extra:
        more = open_dataset(folder)
        if dataset.mpp and more.mpp and abs(more.mpp / dataset.mpp - 1) > 0.01:
            raise SystemExit(f"{folder} has {more.mpp} µm/px, {args.tiles} {dataset.mpp}: cut both with one --mpp")
        joined = tiles.joined(more.relabelled(more.tiles(lambda row: row["split"] == "train"), dataset.classes))
        tiles = replace(joined, own=len(tiles) if tiles.own is None else tiles.own)
    kept = None if args.fold is None else dataset.tiles(lambda row: row["split"] == "train" and row["fold"] == args.fold)
    output = Path(args.output)
    print(f"{len(tiles)} tiles, {device}, {recipe}")

    def keep(network: UNet) -> None:
        torch.save({"weights": network.state_dict(), "widths": recipe.widths}, output.with_suffix(".pt"))

    start = time.monotonic()
    weights = torch.load(args.start, map_location=device)["weights"] if args.start else None
    network = train(dataset, tiles, recipe, device, keep=keep, weights=weights, kept=kept, scalar=scalar_of(args.log, output))
    keep(network)
    print(f"trained in {time.monotonic() - start:.0f} s")
    if kept:
        print(json.dumps(judge(network, dataset, kept, device)))
    write_model(network.cpu(), dataset, output, args.name or output.stem, recipe.crop)


if __name__ == "__main__":
    main()
