"""Outlines and measures of the objects of a mask, as a plain script with scikit-image does it: seconds and memory.

A third argument is the number of seconds after which it stops and says how far it came.
"""
import json
import resource
import sys
import time

import numpy as np
import tifffile
from scipy.ndimage import label
from skimage.measure import find_contours, regionprops

mask, out = sys.argv[1:3]
limit = float(sys.argv[3]) if len(sys.argv) > 3 else float('inf')
began = time.time()
labels, count = label(tifffile.imread(mask), np.ones((3, 3), int))
print(f'scikit-image: labelled after {time.time() - began:.1f} s', flush=True)
done = 0
with open(out + '.csv', 'w') as table, open(out + '.geojson', 'w') as outlines:
    table.write('x,y,area,perimeter,major,minor,orientation,solidity\n')
    outlines.write('{"type":"FeatureCollection","features":[\n')
    for region in regionprops(labels):
        y, x = region.centroid
        values = [x, y, region.area, region.perimeter_crofton, region.axis_major_length, region.axis_minor_length]
        table.write(','.join(map(str, [*values, region.orientation, region.solidity])) + '\n')
        top, left = region.bbox[:2]
        rings = [[[px + left - 1, py + top - 1] for py, px in ring] for ring in find_contours(np.pad(region.image, 1), 0.5)]
        feature = {'type': 'Feature', 'geometry': {'type': 'Polygon', 'coordinates': rings}, 'properties': {}}
        outlines.write((',' if region.label > 1 else '') + json.dumps(feature) + '\n')
        done += 1
        if time.time() - began > limit:
            break
    outlines.write(']}\n')
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
print(f'scikit-image: {done} of {count} objects in {time.time() - began:.1f} s, {peak:.0f} MB')
