"""From weak labels to masks, on drawn kidneys: tiles that are known to hold a glomerulus or not, a classifier of them, its maps, and what they are worth.

    python samples/train/weak.py work/                # all steps, one after the other; what is there already is kept
    python samples/train/weak.py work/ judge gate     # some of them

draw      the slides, of the training and unseen
tiles     for the classifier, 64 px of 4 um
classify  trains the classifier
judge     its AUC on windows of slides that it has never seen
cam       class activation: AUC of pixels and Dice, with and without overlap
pseudo    labels out of the maps of the slides of the training
segment   a network trained on those, and the same network trained on the true masks
table     Dice of each step on unseen slides
gate      windows that the classifier saves the network of the true masks, and the Dice that it costs
snapmix   the classifier with copies that are mixed by its maps
noise     a tenth of the labels spoilt on purpose, found and mended: noise.py

Every training takes one thread. Tables are printed as Markdown.
"""

import argparse
import csv
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import tifffile

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
MPP = 2
"""µm/px of the slides that are drawn."""
TRAIN = range(121, 133)
UNSEEN = {"cortex": (43, 44), "medulla": (41, 42)}
"""Seeds; odd ones are stained with H&E, even ones with PAS. Tall slides reach into the medulla, which has no glomeruli."""
SIZES = {"train": "1536x1536", "cortex": "1536x1536", "medulla": "1536x6144"}
COARSE = 4
"""µm/px at which the classifier looks, and its window in px."""
WINDOW = 64
LEAST = 0.02
"""Least share of a positive tile that is glomerulus, sclerosed or not."""
SURE, NONE, SPOT = 0.99, 0.5, "2000um2"
"""Levels of pseudo labels: background below the classifier's own decision; glomerulus where it is nearly certain, as chosen on the slides of the training."""


def run(*words: str | Path) -> str:
    done = subprocess.run([str(word) for word in words], cwd=ROOT, text=True, capture_output=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}")
    return done.stdout


def segtile(*words: str | Path) -> str:
    return run("node", "bin/segtile.js", *words)


def told(what: str, start: float) -> None:
    print(f"{what}: {time.monotonic() - start:.0f} s", flush=True)


class Work:
    """The folder of all that is made."""

    def __init__(self, folder: str, steps: int | None):
        self.steps = steps
        self.folder = Path(folder).resolve()
        self.slides = self.folder / "slides"
        self.slides.mkdir(parents=True, exist_ok=True)
        self.classifier = self.folder / "classifier.onnx"
        self.classes = self.folder / "classes.json"
        both = {"name": "glomerulus", "label": 1, "values": [1, 2]}
        self.classes.write_text(json.dumps({"classes": [both], "background": {"values": [0, 3, 4]}}))

    def kind(self, kind: str) -> list[Path]:
        seeds = TRAIN if kind == "train" else UNSEEN[kind]
        return [self.slides / f"{kind}-{seed}.tif" for seed in seeds]

    def unseen(self) -> list[Path]:
        return [path for kind in UNSEEN for path in self.kind(kind)]

    def pairs(self, name: str, paths: list[Path]) -> Path:
        file = self.folder / f"{name}.csv"
        file.write_text("slide,truth\n" + "".join(f"{path},{truth_path(path)}\n" for path in paths))
        return file


def truth_path(slide: Path) -> Path:
    return slide.with_suffix(".truth.tif")


def truth_at(slide: Path, mpp: float) -> np.ndarray:
    """Where a glomerulus is, at the middle of each pixel of `mpp`."""
    step = round(mpp / MPP)
    labels = tifffile.imread(truth_path(slide), level=0)[step // 2 :: step, step // 2 :: step]
    return (labels == 1) | (labels == 2)


def auc(scores: np.ndarray, truth: np.ndarray) -> float:
    """The chance that a positive scores higher than a negative, ties a half (Mann and Whitney)."""
    values, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place.ravel()]
    positives = int(truth.sum())
    return float((ranks[truth.ravel()].sum() - positives * (positives + 1) / 2) / (positives * (truth.size - positives)))


def dice(found: np.ndarray, truth: np.ndarray) -> float:
    return float(2 * (found & truth).sum() / max(found.sum() + truth.sum(), 1))


def best_dice(scores: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """The highest Dice of any of 199 thresholds, and the threshold."""
    return max((dice(scores > level, truth), level) for level in np.arange(1, 200) / 200)


def row(*cells) -> None:
    print("| " + " | ".join(f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in cells) + " |", flush=True)


def heads(*cells: str) -> None:
    row(*cells)
    row(*["---"] * len(cells))


def draw(work: Work) -> None:
    for kind, size in SIZES.items():
        for path in work.kind(kind):
            if path.exists():
                continue
            start, seed = time.monotonic(), int(path.stem.split("-")[1])
            stain = "pas" if seed % 2 == 0 else "he"
            options = ["--size", size, "--mpp", str(MPP), "--seed", str(seed), "--stain", stain, "--workers", "1"]
            run("node", "--import", "tsx", "samples/slide.ts", *options, path)
            told(path.name, start)


def cut(work: Work, name: str, truth: Path, classes: Path, *options: str) -> Path:
    """Tiles of the slides of the training, in two grids half a window apart."""
    output = work.folder / name
    if not (output / "dataset.json").exists():
        start = time.monotonic()
        shared = ["--sample", "grid,half-shift", "--image", "jpeg", "--quality", "95", "--overwrite", "--quiet"]
        segtile("make-dataset", "--truth", truth, "--classes", classes, "-o", output, *shared, *options)
        told(name, start)
    return output


def tiles(work: Work) -> Path:
    size = ["--mpp", str(COARSE), "--window", str(WINDOW)]
    return cut(work, "tiles", work.pairs("train", work.kind("train")), work.classes, *size)


def classify(work: Work) -> None:
    if work.classifier.exists():
        return
    start = time.monotonic()
    options = ["--classes", "glomerulus", "--least", str(LEAST), "--steps", str(work.steps or 900), "-o", work.classifier]
    print(run(sys.executable, HERE / "classify.py", tiles(work), *options), end="")
    told("classifier", start)


def infer(work: Work, name: str, slides: list[Path], model: str | Path, *options: str | Path) -> Path:
    output = work.folder / name
    segtile("infer", *slides, "-m", model, "-o", output, "--no-preview", "--no-history", "--quiet", "--overwrite", *options)
    return output


def judge(work: Work) -> None:
    """How well windows with a glomerulus are told from those without."""
    output = infer(work, "windows", work.unseen(), work.classifier, "--blend", "none", "--stride", str(WINDOW), "--window-scores", "csv")
    heads("slide", "windows", "with a glomerulus", "AUC")
    every: list[tuple[float, bool]] = []
    for slide in work.unseen():
        where = truth_at(slide, MPP)
        found = []
        with open(output / f"{slide.stem}.windows.csv", newline="") as file:
            for line in csv.DictReader(file):
                x, y, w, h = (int(line[name]) for name in ("minx", "miny", "width", "height"))
                found.append((float(line["prob_glomerulus"]), bool(where[y : y + h, x : x + w].mean() >= LEAST)))
        every += found
        row(slide.stem, len(found), sum(has for _, has in found), auc(*map(np.array, zip(*found))))
    row("all", len(every), sum(has for _, has in every), auc(*map(np.array, zip(*every))))


GATES = (0.1, 0.3, 0.5, 0.8)
TILE, EDGE = "128/96", "16"
"""Windows and strides of the model that is saved from running, and its margin, in px of FINE."""


def gate(work: Work) -> None:
    """What the classifier saves the network of the true masks, by `segtile compare`, and what it costs."""
    heads("slides", "gate", "windows run", "saved", "Dice", "lost")
    for kind in UNSEEN:
        output = work.folder / f"gates-{kind}"
        gates = ",".join(["none", *(f"{work.classifier}:{level}" for level in GATES)])
        options = ["--tile", TILE, "--margin", EDGE, "--gate", gates, "-o", output, "--overwrite", "--classes", work.classes]
        slides = work.kind(kind)
        segtile("compare", *slides, "--truth", work.pairs(kind, slides), "-m", work.folder / "full.onnx", *options, "--no-report", "--quiet")
        variants = json.loads((output / "compare.json").read_text())["variants"]
        first = variants[0]
        for level, variant in zip(("none", *GATES), variants):
            count, whole = variant["windows"]["run"], first["windows"]["run"]
            saved = f"{100 * (1 - count / whole):.0f} %"
            row(kind, level, f"{count:.0f}", saved, variant["dice"], f"{first['dice'] - variant['dice']:.4f}")


def maps(work: Work, slides: list[Path], name: str, *options: str) -> Path:
    return infer(work, name, slides, work.classifier, "--cam", "--probabilities", "float32", *options)


SIDE_BY_SIDE = ("--stride", str(WINDOW), "--blend", "none")
HALF = ("--stride", str(WINDOW // 2), "--blend", "gaussian")


def scores_of(folder: Path, slide: Path) -> np.ndarray:
    """The probabilities of a map; 0 where no window was run."""
    return np.nan_to_num(tifffile.imread(folder / f"{slide.stem}.probabilities.ome.tif", level=0).squeeze())


def cam(work: Work) -> None:
    """How well class activation finds the pixels of glomeruli, with windows side by side and half a window apart."""
    heads("slide", "AUC, side by side", "best Dice", "at", "AUC, half a window", "best Dice", "at")
    folders = [maps(work, work.unseen(), name, *options) for name, options in (("cam-beside", SIDE_BY_SIDE), ("cam-half", HALF))]
    every: list[list] = [[], [], []]
    for slide in work.unseen():
        truth = truth_at(slide, COARSE)
        found = [scores_of(folder, slide) for folder in folders]
        row(slide.stem, *[cell for scores in found for cell in (auc(scores, truth), *best_dice(scores, truth))])
        for kept, values in zip(every, (*found, truth)):
            kept.append(values.ravel())
    beside, half, truth = (np.concatenate(values) for values in every)
    row("all", *[cell for scores in (beside, half) for cell in (auc(scores, truth), *best_dice(scores, truth))])


def pseudo(work: Work) -> Path:
    """Labels out of the maps of the slides that the classifier was trained on: their masks are never looked at, but to judge the labels."""
    output = work.folder / "pseudo"
    if not (output / "classes.json").exists():
        folder = maps(work, work.kind("train"), "cam-train", *HALF)
        levels = ["--confidence", str(SURE), "--background", str(NONE), "--min-object", SPOT, "--fill-holes", SPOT]
        segtile("pseudo-label", folder, *levels, "-o", output, "--overwrite", "--quiet")
    sums = np.zeros(4)
    for slide in work.kind("train"):
        labels = tifffile.imread(output / f"{slide.stem}.labels.ome.tif", level=0)[1::2, 1::2]
        truth = truth_at(slide, 4)
        known = labels != 255
        sums += [known.mean(), ((labels == 1) & truth).sum(), (labels == 1).sum(), (known & truth).sum()]
    share, both, found, there = sums
    print(f"pseudo labels: {100 * share / len(TRAIN):.0f} % of the slides known, Dice over known pixels {2 * both / (found + there):.3f}")
    return output


FINE, CROP = 2, 128


def segment(work: Work) -> None:
    """The same network, trained for the same steps on pseudo labels and on the true masks."""
    labels = pseudo(work)
    slides = work.kind("train")
    weak = work.folder / "weak.csv"
    weak.write_text("slide,truth\n" + "".join(f"{path},{labels / f'{path.stem}.labels.ome.tif'}\n" for path in slides))
    size = ["--mpp", str(FINE), "--window", str(CROP)]
    for name, truth, classes in (
        ("weak", weak, labels / "classes.json"),
        ("full", work.pairs("train", slides), work.classes),
    ):
        model = work.folder / f"{name}.onnx"
        if model.exists():
            continue
        start = time.monotonic()
        options = ["--steps", str(work.steps or 400), "--batch", "8", "--crop", str(CROP), "--device", "cpu", "--threads", "1", "-o", model]
        print(run(sys.executable, HERE / "train.py", cut(work, f"{name}-tiles", truth, classes, *size), *options), end="")
        told(name, start)


def table(work: Work) -> None:
    """Dice of glomeruli on slides that nothing was trained on, all their pixels together."""
    segment(work)
    slides = work.unseen()
    found: dict[str, list[np.ndarray]] = {"the map of the classifier, at 0.5": []}
    folder = maps(work, slides, "cam-half", *HALF)
    for slide in slides:
        found["the map of the classifier, at 0.5"].append(np.repeat(np.repeat(scores_of(folder, slide) > 0.5, 2, 0), 2, 1))
    for name in ("weak", "full"):
        output = infer(work, f"{name}-masks", slides, work.folder / f"{name}.onnx", "--window", "512")
        found[name] = [tifffile.imread(output / f"{slide.stem}.mask.ome.tif", level=0)== 1 for slide in slides]
    truth = [truth_at(slide, FINE) for slide in slides]
    heads("step", *[slide.stem for slide in slides], "all")
    for name, masks in found.items():
        sums = np.array([[(mask & there).sum(), mask.sum() + there.sum()] for mask, there in zip(masks, truth)], float)
        row(name, *(2 * sums[:, 0] / sums[:, 1]), float(2 * sums[:, 0].sum() / sums[:, 1].sum()))


def noise(work: Work) -> None:
    """Labels that were spoilt on purpose: how many are found, and what cleaning and relabelling bring. See noise.py."""
    size = ["--mpp", str(COARSE), "--window", str(WINDOW)]
    folds = cut(work, "folds", work.pairs("train", work.kind("train")), work.classes, *size, "--folds", "3")
    other = cut(work, "unseen-tiles", work.pairs("unseen", work.unseen()), work.classes, *size)
    print(run(sys.executable, HERE / "noise.py", folds, "-o", work.folder / "noise", "--spoil", "0.1", "--unseen", other, "--steps", str(work.steps or 650)), end="")


def snapmix(work: Work) -> None:
    """What copies that are mixed by class activation bring the classifier: AUC on tiles of unseen slides."""
    augment = work.folder / "snapmix.json"
    augment.write_text(json.dumps({"steps": [{"kind": "snapmix", "maps": str(work.folder / "cam-train")}]}))
    size = ["--mpp", str(COARSE), "--window", str(WINDOW)]
    mixed = cut(work, "mixed", work.pairs("train", work.kind("train")), work.classes, *size, "--augment", augment)
    other = cut(work, "unseen-tiles", work.pairs("unseen", work.unseen()), work.classes, *size)
    heads("seed", "tiles alone", "and as many copies by snapmix")
    for seed in (0, 1):
        found = []
        for more in ([], ["--mixed"]):
            shared = ["--classes", "glomerulus", "--least", LEAST, "--steps", work.steps or 600, "--seed", seed, "--unseen", other]
            told = run(sys.executable, HERE / "classify.py", mixed, *shared, *more, "-o", work.folder / "try.onnx")
            found.append(float(told.split("AUC ")[1].split()[0]))
        row(seed, *found)


STEPS = [draw, tiles, classify, judge, cam, pseudo, segment, table, gate, noise, snapmix]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", help="where everything goes")
    parser.add_argument("chosen", nargs="*", metavar="step", help="which steps: all by default")
    parser.add_argument("--only-steps", dest="steps", type=int, help="so many steps for each training, to try this out")
    args = parser.parse_args()
    by_name = {step.__name__: step for step in STEPS}
    unknown = [name for name in args.chosen if name not in by_name]
    if unknown:
        parser.error(f"no step {unknown[0]}; the steps are {', '.join(by_name)}")
    work = Work(args.work, args.steps)
    for name in args.chosen or by_name:
        print(f"\n{name}", flush=True)
        by_name[name](work)


if __name__ == "__main__":
    main()
