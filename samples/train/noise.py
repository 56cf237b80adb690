"""Finds tiles of wrong truth by models that have not seen them, and trains again: out-of-fold predictions, find-noise, relabelling.

    python samples/train/noise.py tiles/ -o work/                            # finds them, and writes work/relabelled
    python samples/train/noise.py tiles/ -o work/ --spoil 0.1 --unseen other/  # spoils labels on purpose, and measures what is gained

For each fold of the dataset (make-dataset --folds) a network is trained on the others, and `segtile predict-tiles` has it label the fold. Then
`segtile find-noise` ranks the tiles, and those whose score is at least a share of their pixels are noisy: `manifest.clean.csv` is without them, and in
`relabelled` they have the prediction for a mask. (A mean IoU would also name tiles with a sliver of something at their border, which models miss.) With --spoil that share of the tiles gets a wrong mask first: what it held is erased, or a disc is drawn where there was nothing;
and networks are trained on true, spoilt, cleaned and relabelled masks, and judged on tiles of slides that none of them has seen.
"""

import argparse
import csv
import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from tiles import open_dataset
from train import Recipe, device_named, judge, train

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent


def run(*words: str | Path, fine=(0,)) -> None:
    done = subprocess.run([str(word) for word in words], cwd=ROOT, text=True, capture_output=True)
    if done.returncode not in fine:
        raise SystemExit(f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}")


def rows_of(folder: Path, manifest="manifest.csv") -> list[dict]:
    with open(folder / manifest, newline="") as file:
        return list(csv.DictReader(file))


def masked(path: Path, change) -> None:
    """Changes the labels of a PNG with a palette, which stays."""
    image = Image.open(path)
    palette = image.getpalette()
    made = Image.fromarray(change(np.asarray(image).copy()), "P")
    made.putpalette(palette)
    made.save(path)


def spoil(folder: Path, share: float, seed: int) -> set[str]:
    """Gives wrong masks to some tiles, and tells which."""
    draw = random.Random(seed)
    rows = [row for row in rows_of(folder) if not row["source"]]
    chosen = draw.sample(rows, round(share * len(rows)))

    def wrong(labels: np.ndarray) -> np.ndarray:
        if ((labels > 0) & (labels < 255)).sum() > 0.02 * labels.size:
            return np.where(labels == 255, labels, 0).astype(np.uint8)
        height, width = labels.shape
        y, x = np.ogrid[:height, :width]
        radius = draw.uniform(0.15, 0.3) * height
        disc = (y - draw.uniform(radius, height - radius)) ** 2 + (x - draw.uniform(radius, width - radius)) ** 2 < radius**2
        return np.where(disc & (labels != 255), 1, labels).astype(np.uint8)

    for row in chosen:
        masked(folder / row["mask"], wrong)
    return {row["tile"] for row in chosen}


def trained(folder: Path, args, manifest="manifest.csv", name="model", fold=None) -> Path:
    model = args.output / f"{name}.onnx"
    if not model.exists():
        options = ["--steps", args.steps, "--batch", args.batch, "--crop", args.crop, "--threads", args.threads, "--device", args.device]
        options += ["--widths", *args.widths, "--seed", args.seed, *(["--fold", fold] if fold is not None else []), "-o", model]
        run(sys.executable, HERE / "train.py", folder / manifest, *options)
        print(f"{model.name} trained", flush=True)
    return model


def find(folder: Path, args) -> set[str]:
    """Names the tiles whose masks differ from what models say that have not seen them."""
    predicted = args.output / "predicted"
    shutil.rmtree(predicted, ignore_errors=True)
    folds = sorted({row["fold"] for row in rows_of(folder) if row["split"] == "train"})
    if len(folds) < 2:
        raise SystemExit(f"{folder} has no folds: cut it with make-dataset --folds 4")
    for fold in folds:
        model = trained(folder, args, name=f"fold-{fold}", fold=fold)
        words = ["predict-tiles", folder / "manifest.csv", "-m", model, "--split", "train", "--fold", fold, "-o", predicted, "--quiet"]
        run("node", "bin/segtile.js", *words)
    report = args.output / "noise"
    words = ["--predictions", predicted, "--report", report, "--overwrite", "--quiet"]
    run("node", "bin/segtile.js", "find-noise", folder / "manifest.csv", *words)
    noisy = {row["tile"] for row in rows_of(report, "noise.csv") if float(row["score"]) >= args.drop_score * float(row["pixels"])}
    rows = rows_of(folder)
    with open(folder / "manifest.clean.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(row for row in rows if not noisy & {row["tile"], row["source"], row["partner"]})
    return noisy


def relabel(folder: Path, noisy: set[str], args) -> Path:
    """A copy of the dataset in which noisy tiles have the prediction for a mask."""
    output = args.output / "relabelled"
    shutil.rmtree(output, ignore_errors=True)
    shutil.copytree(folder, output)
    for row in rows_of(folder):
        if row["tile"] in noisy and not row["source"]:
            shutil.copyfile(args.output / "predicted" / Path(row["mask"]).name, output / row["mask"])
    return output


def dice_on(unseen: Path, folder: Path, args, manifest="manifest.csv", name="model") -> float:
    """The macro Dice on tiles of other slides, for a training in this process, since its network is judged and not its file."""
    import torch

    torch.set_num_threads(args.threads)
    dataset, other = open_dataset(folder / manifest), open_dataset(unseen)
    device = device_named(args.device)
    recipe = Recipe(steps=args.steps, batch=args.batch, crop=args.crop, widths=tuple(args.widths), seed=args.seed)
    network = train(dataset, dataset.tiles(lambda row: row["split"] == "train"), recipe, device, log=lambda text: None)
    found = judge(network, dataset, other.relabelled(other.tiles(lambda row: True), dataset.classes), device)
    print(f"{name}: {json.dumps(found)}", flush=True)
    return found["macro"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tiles", type=Path, help="a folder that make-dataset wrote, with folds")
    parser.add_argument("-o", "--output", type=Path, default=Path("noise-work"))
    parser.add_argument("--drop-score", type=float, default=0.1, help="share of a tile's pixels: wrong pixels times 1 - mean IoU")
    parser.add_argument("--spoil", type=float, help="share of tiles whose masks are made wrong first")
    parser.add_argument("--unseen", type=Path, help="tiles of other slides, with true masks, to judge trainings on")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--crop", type=int, default=64)
    parser.add_argument("--widths", type=int, nargs="+", default=[8, 16, 32])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.output = args.output.resolve()
    args.output.mkdir(parents=True, exist_ok=True)
    folder = args.tiles.resolve()
    spoilt: set[str] = set()
    if args.spoil:
        folder = args.output / "spoilt"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(args.tiles, folder)
        spoilt = spoil(folder, args.spoil, args.seed)
    noisy = find(folder, args)
    print(f"{len(noisy)} tiles are noisy at {args.drop_score}: {folder / 'manifest.clean.csv'} is without them")
    if spoilt:
        right = len(noisy & spoilt)
        print(f"{len(spoilt)} spoilt: precision {right / max(len(noisy), 1):.3f}, recall {right / len(spoilt):.3f}")
    fresh = relabel(folder, noisy, args)
    print(f"{fresh} has predictions for their masks")
    if args.unseen:
        print("| trained on | Dice on unseen slides |\n|---|---|")
        ways = [("true masks", args.tiles, "manifest.csv")] if args.spoil else []
        ways += [("spoilt masks" if args.spoil else "masks as they are", folder, "manifest.csv")]
        ways += [("without noisy tiles", folder, "manifest.clean.csv"), ("relabelled", fresh, "manifest.csv")]
        for name, where, manifest in ways:
            print(f"| {name} | {dice_on(args.unseen, where, args, manifest, name):.3f} |", flush=True)


if __name__ == "__main__":
    main()
