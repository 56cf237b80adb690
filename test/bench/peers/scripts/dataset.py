"""Cuts a slide and its mask into tiles as a script of an afternoon does: everything in memory, one tile after another.

    python test/bench/peers/scripts/dataset.py slide.tif truth.tif out window stride png|jpeg

Prints seconds, CPU seconds and peak memory as JSON. Needs tifffile, imagecodecs, numpy and Pillow.
"""

import csv
import json
import os
import resource
import sys
import time

import numpy as np
import tifffile
from PIL import Image
from windows import starts


def main() -> None:
    slide_path, truth_path, out, window, stride, form = sys.argv[1:]
    window, stride = int(window), int(stride)
    began = time.perf_counter()
    slide = tifffile.imread(slide_path, key=0)
    truth = tifffile.imread(truth_path, key=0)
    for name in ("images", "masks"):
        os.makedirs(f"{out}/{name}")
    palette = [0] * 768
    palette[3:12] = [80, 40, 200, 160, 40, 200, 240, 40, 200]
    with open(f"{out}/manifest.csv", "w", newline="") as file:
        manifest = csv.writer(file)
        manifest.writerow(["tile", "x", "y", *(f"pixels_{label}" for label in range(4)), "mean", "std"])
        for y in starts(slide.shape[0], window, stride):
            for x in starts(slide.shape[1], window, stride):
                image = slide[y : y + window, x : x + window]
                mask = truth[y : y + window, x : x + window]
                name = f"x{x:06d}_y{y:06d}"
                if form == "png":
                    Image.fromarray(image).save(f"{out}/images/{name}.png")
                else:
                    Image.fromarray(image).save(f"{out}/images/{name}.jpg", quality=90, subsampling=0)
                picture = Image.fromarray(mask, mode="P")
                picture.putpalette(palette)
                picture.save(f"{out}/masks/{name}.png")
                counts = np.bincount(mask.ravel(), minlength=4)[:4]
                manifest.writerow([name, x, y, *counts, image.mean(axis=(0, 1)), image.std(axis=(0, 1))])
    usage = resource.getrusage(resource.RUSAGE_SELF)
    figures = {
        "wallSeconds": time.perf_counter() - began,
        "cpuSeconds": usage.ru_utime + usage.ru_stime,
        "peakRssBytes": usage.ru_maxrss * 1024,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
