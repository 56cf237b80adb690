"""Compares the objects of a mask, as segtile writes them, with what other programs make of the same files.

usage: objects_agree.py MASK STEM

MASK is a label mask; STEM.objects.geojson, STEM.objects.parquet, STEM.instances.tif and STEM.objects.json lie beside
each other. Prints one line of JSON with counts and with the largest differences.
"""
import json
import sys

import numpy as np
import pyarrow.parquet
import shapely
import shapely.geometry
import tifffile
from rasterio import features
from scipy import ndimage
from skimage import measure

mask_path, stem = sys.argv[1:]
mask = tifffile.imread(mask_path, level=0)
instances = tifffile.imread(f"{stem}.instances.tif", level=0)
record = json.load(open(f"{stem}.objects.json"))
collection = json.load(open(f"{stem}.objects.geojson"))["features"]
labels = {each["name"]: each["label"] for each in record["classes"]}
mpp = (record["slide"]["mpp"] or {"x": 1})["x"]
unit = "µm" if record["slide"]["mpp"] else "px"

number = lambda feature: int(feature["properties"]["measurements"]["Instance"])
label = lambda feature: labels[feature["properties"]["classification"]["name"]]
shapes = [shapely.geometry.shape(each["geometry"]) for each in collection]


def painted(value, dtype):
    return features.rasterize(
        [(each["geometry"], value(each)) for each in collection], out_shape=mask.shape, fill=0, dtype=dtype
    )


by_scipy = {
    name: int(ndimage.label(mask == value, structure=np.ones((3, 3)))[1]) for name, value in labels.items()
}
by_segtile = {name: sum(label(each) == value for each in collection) for name, value in labels.items()}

ours = {number(each): each["properties"]["measurements"] for each in collection}
names = {
    "area": ("Area {}^2", 2),
    "perimeter_crofton": ("Perimeter {}", 1),
    "equivalent_diameter_area": ("Equivalent diameter {}", 1),
    "axis_major_length": ("Major axis {}", 1),
    "axis_minor_length": ("Minor axis {}", 1),
    "solidity": ("Solidity", 0),
}
worst = {name: 0.0 for name in [*names, "orientation"]}
for region in measure.regionprops(instances):
    own = ours[region.label]
    for name, (said, power) in names.items():
        theirs = getattr(region, name) * mpp**power
        difference = abs(own[said.format(unit)] - theirs) / max(1.0, abs(theirs))
        worst[name] = max(worst[name], difference)
    # Where both axes are alike, any direction is that of the longer one.
    if region.axis_major_length - region.axis_minor_length > 1e-3:
        turned = abs(own["Orientation rad"] - region.orientation) % np.pi
        worst["orientation"] = max(worst["orientation"], min(turned, np.pi - turned))

table = pyarrow.parquet.read_table(f"{stem}.objects.parquet")
geo = json.loads(pyarrow.parquet.read_schema(f"{stem}.objects.parquet").metadata[b"geo"])
stored = shapely.from_wkb(table["geometry"].to_pylist())
try:
    import geopandas

    frame = geopandas.read_parquet(f"{stem}.objects.parquet")
    by_geopandas = [len(frame), bool((frame.geometry.values == np.array(shapes)).all())]
except ImportError:
    by_geopandas = None

print(
    json.dumps(
        {
            "objects": len(collection),
            "parts": sum(len(getattr(shape, "geoms", [shape])) for shape in shapes),
            "invalid": sum(not shape.is_valid for shape in shapes),
            "pixels": int((mask > 0).sum()),
            "wrongPixels": int((painted(label, "uint8") != mask).sum()),
            "wrongNumbers": int((painted(number, "int32") != instances).sum()),
            "byScipy": by_scipy,
            "bySegtile": by_segtile,
            "worst": worst,
            "version": geo["version"],
            "sameInParquet": bool(all(a.equals_exact(b, 0) for a, b in zip(stored, shapes, strict=True))),
            "byGeopandas": by_geopandas,
        }
    )
)
