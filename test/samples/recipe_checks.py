"""Checks of samples/train that need no slide: what joins a training, what makes its rate fall, which labels are spoilt.

    python recipe_checks.py FOLDER
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "samples/train"))
import noise  # noqa: E402
import techniques as t  # noqa: E402
from tiles import open_dataset  # noqa: E402
from train import Recipe, scalar_of, train  # noqa: E402

folder = Path(sys.argv[1])
torch.set_num_threads(1)
random = np.random.default_rng(3)


def dataset(name: str, names: list[str], count: int) -> Path:
    path = folder / name
    (path / "images").mkdir(parents=True)
    (path / "masks").mkdir()
    rows = []
    for index in range(count):
        Image.fromarray(random.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(path / f"images/t{index}.png")
        mask = Image.fromarray((index % 2) * random.integers(0, len(names) + 1, (32, 32), dtype=np.uint8), "P")
        mask.putpalette([0, 0, 0, 9, 9, 9, 90, 0, 0])
        mask.save(path / f"masks/t{index}.png")
        row = {"tile": f"t{index}", "image": f"images/t{index}.png", "mask": f"masks/t{index}.png", "source": "", "mpp": "1"}
        rows.append({**row, "split": "train", "fold": str(index % 2), "slide": "s"})
    with open(path / "manifest.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    classes = [{"name": each, "label": index + 1} for index, each in enumerate(names)]
    statistics = {"train": {"mean": [0.5] * 3, "std": [0.3] * 3}}
    (path / "dataset.json").write_text(json.dumps({"classes": classes, "statistics": statistics}))
    return path


# Tiles of others come as often as their weight says.
counts = torch.zeros(14)
for _ in range(400):
    counts += torch.bincount(t.epoch(10, 4, 1.25, torch.device("cpu")), minlength=14)
assert (counts[:10] == 400).all(), counts
assert ((counts[10:] - 500).abs() < 60).all(), counts
assert len(t.epoch(10, 4, 0, torch.device("cpu"))) == 10

# Their classes go by name.
own, other = open_dataset(dataset("own", ["a", "b"], 12)), open_dataset(dataset("other", ["b"], 6))
everything = lambda row: True  # noqa: E731
tiles = other.tiles(everything)
named = other.relabelled(tiles, own.classes)
assert torch.equal(named.masks, torch.where(tiles.masks == 1, 2, tiles.masks)), "labels by name"
joined = own.tiles(everything).joined(named)
assert (len(joined), joined.own) == (18, 12)
try:
    own.relabelled(own.tiles(everything), other.classes)
    raise AssertionError("a class that is not trained was taken")
except SystemExit as refused:
    assert "no class a" in str(refused), refused

# The rate falls where nothing is learned any more, and stays where nobody asked; TensorBoard has what was told.
for plateau in (True, False):
    told: dict[str, list[float]] = {}
    scalar = scalar_of("tensorboard", folder / f"model-{plateau}.onnx")
    recipe = Recipe(steps=100, batch=4, crop=16, widths=(4, 8), cosine=False, plateau=plateau, swa=False, rate=1e-7)

    def tell(name: str, value: float, step: int) -> None:
        told.setdefault(name, []).append(value)
        scalar(name, value, step)

    train(own, joined, recipe, torch.device("cpu"), log=lambda text: None, kept=own.tiles(lambda row: row["fold"] == "0"), scalar=tell)
    assert {name: len(values) for name, values in told.items()} == {"loss": 20, "rate": 20, "loss of the fold": 20}, told
    assert (told["rate"][-1] < 0.6e-7) == plateau, told["rate"]
    assert any((folder / f"model-{plateau}.log").glob("events*")), "no events"

# Exactly the tiles that are named are spoilt: what they held is erased, or something is drawn.
before = {row["tile"]: np.asarray(Image.open(own.folder / row["mask"])) for row in own.rows}
spoilt = noise.spoil(own.folder, 0.5, 1)
assert len(spoilt) == 6
for row in own.rows:
    after = np.asarray(Image.open(own.folder / row["mask"]))
    assert (row["tile"] in spoilt) == (not np.array_equal(after, before[row["tile"]])), row["tile"]
    if row["tile"] in spoilt:
        assert (after.max() == 0) == (before[row["tile"]].max() > 0), row["tile"]
print("sound")
