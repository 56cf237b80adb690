"""Reads the windows of a slide as a script does, with tifffile and imagecodecs.

    python test/bench/peers/scripts/reading.py slide.tif window stride whole|windows seconds

`whole` decodes the image once and cuts the windows out of it; `windows` has tifffile's zarr store decode what each window touches, and
stops after so many seconds. Prints as JSON how many windows were read in how many seconds, the peak memory, and the sum of the samples of the middle
row of every window. Needs tifffile, imagecodecs, numpy and zarr.
"""

import json
import resource
import sys
import time

import numpy as np
import tifffile
import zarr
from windows import starts


def main() -> None:
    path, window, stride, way, limit = sys.argv[1:]
    window, stride, limit = int(window), int(stride), float(limit)
    began = time.perf_counter()
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        planar = page.planarconfig == 2
        height, width = page.imagelength, page.imagewidth
        image = page.asarray() if way == "whole" else zarr.open(page.aszarr(), mode="r")
        count, checksum = 0, 0
        for y in starts(height, window, stride):
            for x in starts(width, window, stride):
                if planar:
                    part = np.ascontiguousarray(np.moveaxis(np.asarray(image[:, y : y + window, x : x + window]), 0, -1))
                else:
                    part = np.ascontiguousarray(image[y : y + window, x : x + window])
                checksum += int(part[window // 2].sum())
                count += 1
                if way == "windows" and time.perf_counter() - began > limit:
                    break
            else:
                continue
            break
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures = {
        "windows": count,
        "seconds": time.perf_counter() - began,
        "peakRssBytes": used.ru_maxrss * 1024,
        "checksum": checksum,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
