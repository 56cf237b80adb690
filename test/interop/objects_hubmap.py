"""Reads the truth of a slide from a CSV of the contest, and writes it as a tiled TIFF of 0 and 1.

usage: objects_hubmap.py CSV ID HEIGHT WIDTH MASK

Pixels are numbered down the columns from 1 on.
"""
import csv
import sys

import numpy as np
import tifffile

table, name, height, width, path = sys.argv[1:]
csv.field_size_limit(2**31 - 1)
runs = next(row["encoding"] for row in csv.DictReader(open(table)) if row["id"] == name)
numbers = np.array(runs.split(), np.int64)
mask = np.zeros(int(height) * int(width), np.uint8)
for start, length in zip(numbers[0::2] - 1, numbers[1::2], strict=True):
    mask[start : start + length] = 1
image = mask.reshape((int(height), int(width)), order="F")
tifffile.imwrite(path, image, tile=(512, 512), compression="zlib", bigtiff=True)
