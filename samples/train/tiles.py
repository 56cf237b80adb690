"""Training tiles as `segtile make-dataset` leaves them: images/, masks/, manifest.csv and dataset.json in one folder."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

IGNORE = 255


@dataclass(frozen=True)
class Tiles:
    """Tiles of one size, in memory: uint8 images [tile, 3, height, width], labels [tile, height, width], and their names."""

    images: torch.Tensor
    masks: torch.Tensor
    names: list[str]
    own: int | None = None
    """How many come first and are the dataset's own; the others were joined to them."""

    def to(self, device: torch.device) -> "Tiles":
        return Tiles(self.images.to(device), self.masks.to(device), self.names, self.own)

    def __len__(self) -> int:
        return len(self.names)

    def joined(self, more: "Tiles") -> "Tiles":
        """Both, these first."""
        if self.images.shape[1:] != more.images.shape[1:]:
            raise SystemExit(f"tiles of {tuple(more.images.shape[2:])} px cannot join those of {tuple(self.images.shape[2:])} px")
        return Tiles(torch.cat([self.images, more.images]), torch.cat([self.masks, more.masks]), self.names + more.names, len(self))


@dataclass(frozen=True)
class Dataset:
    """What dataset.json tells: classes with label and colour, the pixel size in um if it is known, mean and std of samples / 255 (part train)."""

    folder: Path
    classes: list[dict]
    mpp: float | None
    mean: list[float]
    std: list[float]
    rows: list[dict]

    def tiles(self, wanted) -> Tiles:
        """The tiles whose row of the manifest is wanted. Copies that make-dataset augmented are left out: the recipe makes its own."""
        rows = [row for row in self.rows if not row["source"] and wanted(row)]
        if not rows:
            raise SystemExit(f"{self.folder}: no tile of the manifest is wanted")
        images = [np.asarray(Image.open(self.folder / row["image"]).convert("RGB")) for row in rows]
        masks = [np.asarray(Image.open(self.folder / row["mask"])) for row in rows]
        return Tiles(
            torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous(),
            torch.from_numpy(np.stack(masks)),
            [row["tile"] for row in rows],
        )

    def relabelled(self, tiles: Tiles, classes: list[dict]) -> Tiles:
        """Tiles of this dataset with the labels of other classes, by name."""
        label = {entry["name"]: entry["label"] for entry in classes}
        table = torch.arange(256, dtype=torch.uint8)
        for entry in self.classes:
            if entry["name"] not in label:
                raise SystemExit(f"{self.folder}: there is no class {entry['name']} to train; there are {', '.join(label)}")
            table[entry["label"]] = label[entry["name"]]
        return Tiles(tiles.images, table[tiles.masks.long()], tiles.names)


def open_dataset(folder: str | Path) -> Dataset:
    """Reads manifest and dataset.json of a folder that make-dataset wrote. A path that ends in .csv is another manifest in such a folder."""
    path, manifest = Path(folder), "manifest.csv"
    if path.suffix == ".csv":
        path, manifest = path.parent, path.name
    about = json.loads((path / "dataset.json").read_text())
    with open(path / manifest, newline="") as file:
        rows = list(csv.DictReader(file))
    sizes = {float(row["mpp"]) for row in rows if row["mpp"]}
    if len(sizes) > 1 and max(sizes) > 1.01 * min(sizes):
        raise SystemExit(f"{folder}: tiles of {min(sizes)} to {max(sizes)} µm/px: cut them with --mpp")
    mpp = round(sum(sizes) / len(sizes), 4) if sizes else None
    train = about["statistics"]["train"]
    return Dataset(path, about["classes"], mpp, train["mean"], train["std"], rows)
