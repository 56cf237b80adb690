"""Loads datasets that `segtile make-dataset` wrote, as training scripts do: PyTorch's Dataset, webdataset, and Hugging Face datasets.

    pip install torch numpy pillow webdataset datasets
    python test/python/load_dataset.py            # makes them from samples/kidney.tif, needs a build (npm run build)

Each reader must find every tile once, images as RGB, and masks whose counts of labels are those of the manifest; copies, too, and of those that
are mixed the labels of both tiles.
"""

import csv
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = ["one", "two", "three", "four", "five"]
WINDOW = 256


def make(folder: pathlib.Path, form: str) -> pathlib.Path:
    classes = folder / "classes.json"
    classes.write_text(json.dumps({"classes": [{"name": name} for name in NAMES]}))
    augment = folder / "augment.json"
    augment.write_text(json.dumps({"steps": [{"kind": "rotate90"}, {"kind": "stain-jitter"}, {"kind": "cutmix", "probability": 0.5}]}))
    out = folder / form
    subprocess.run(
        ["node", str(ROOT / "bin/segtile.js"), "make-dataset", str(ROOT / "samples/kidney.tif")]
        + ["--truth", str(ROOT / "samples/kidney.truth.tif"), "--classes", str(classes), "--window", str(WINDOW)]
        + ["--min-tissue", "0.2", "--split", "train=0.5,val=0.3,test=0.2", "--split-by", "region", "--region", "1024"]
        + ["--folds", "2", "--augment", str(augment)]
        + ["--format", form, "--shard-size", "20", "--quiet", "-o", str(out)],
        check=True,
    )
    return out


def rows_of(dataset: pathlib.Path) -> dict[str, dict]:
    with open(dataset / "manifest.csv", newline="") as file:
        return {row["tile"]: row for row in csv.DictReader(file)}


def check(row: dict, image: np.ndarray, mask: np.ndarray) -> None:
    assert image.shape == (WINDOW, WINDOW, 3), image.shape
    assert mask.shape == (WINDOW, WINDOW), mask.shape
    for label, name in enumerate(["background", *NAMES]):
        assert int((mask == label).sum()) == int(row[f"pixels_{name}"]), (row["tile"], name)
    for channel, name in enumerate("rgb"):
        assert abs(image[..., channel].mean() / 255 - float(row[f"mean_{name}"])) < 1e-5
        assert abs(image[..., channel].std() / 255 - float(row[f"std_{name}"])) < 1e-5


def check_mixed(row: dict, mask: np.ndarray, second: np.ndarray) -> None:
    # Of cutmix a pixel is of one tile or the other, and unknown in the other's labels.
    assert (second == 255).mean() == float(row["mix_ratio"]), row["tile"]
    assert ((mask == 255) | (second == 255)).all(), row["tile"]


def labels(image: Image.Image) -> np.ndarray:
    assert image.mode == "P", image.mode
    return np.array(image)


def with_torch(dataset: pathlib.Path) -> int:
    import torch
    from torch.utils.data import DataLoader, Dataset

    class Tiles(Dataset):
        def __init__(self, root: pathlib.Path) -> None:
            self.root = root
            self.rows = list(rows_of(root).values())

        def __len__(self) -> int:
            return len(self.rows)

        def __getitem__(self, index: int):
            row = self.rows[index]
            image = torch.from_numpy(np.array(Image.open(self.root / row["image"])))
            mask = torch.from_numpy(labels(Image.open(self.root / row["mask"])))
            if row["mask2"]:
                check_mixed(row, mask.numpy(), labels(Image.open(self.root / row["mask2"])))
            return row["tile"], image, mask

    rows = rows_of(dataset)
    seen = set()
    for names, images, masks in DataLoader(Tiles(dataset), batch_size=8, num_workers=2):
        for name, image, mask in zip(names, images, masks):
            check(rows[name], image.numpy(), mask.numpy())
            seen.add(name)
    assert seen == set(rows)
    return len(seen)


def with_webdataset(dataset: pathlib.Path) -> int:
    import io

    import webdataset

    rows = rows_of(dataset)
    seen = []
    for shard in sorted((dataset / "shards").glob("*.tar")):
        # Decoding is left to us: webdataset's own decoder turns palettes into colours.
        for sample in webdataset.WebDataset(str(shard), shardshuffle=False):
            row = rows[sample["__key__"]]
            assert json.loads(sample["json"])["tile"] == sample["__key__"]
            assert row["split"] == shard.name.split("-")[0]
            image = np.array(Image.open(io.BytesIO(sample["png"])))
            mask = labels(Image.open(io.BytesIO(sample["mask.png"])))
            check(row, image, mask)
            assert ("mask2.png" in sample) == bool(row["mask2"])
            if row["mask2"]:
                check_mixed(row, mask, labels(Image.open(io.BytesIO(sample["mask2.png"]))))
            seen.append(sample["__key__"])
    assert sorted(seen) == sorted(rows)
    return len(seen)


def with_datasets(dataset: pathlib.Path, cache: pathlib.Path) -> int:
    import datasets

    rows = rows_of(dataset)
    loaded = datasets.load_dataset("imagefolder", data_dir=str(dataset), cache_dir=str(cache))
    assert set(loaded) == {"train", "validation", "test"}, set(loaded)
    seen = []
    for name, part in loaded.items():
        for sample in part:
            row = rows[sample["tile"]]
            assert row["split"] == {"train": "train", "validation": "val", "test": "test"}[name]
            check(row, np.array(sample["image"]), labels(sample["mask"]))
            if row["mask2"]:
                check_mixed(row, labels(sample["mask"]), labels(sample["mask2"]))
            else:
                assert sample["mix_ratio"] == 1 and (labels(sample["mask2"]) == labels(sample["mask"])).all()
            seen.append(sample["tile"])
    assert sorted(seen) == sorted(rows)
    return len(seen)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        print("PyTorch:", with_torch(make(folder, "folders")), "tiles")
        print("webdataset:", with_webdataset(make(folder, "webdataset")), "tiles")
        print("datasets:", with_datasets(make(folder, "imagefolder"), folder / "cache"), "tiles")


if __name__ == "__main__":
    sys.exit(main())
