"""Measures what each technique brings: trains without any, with each one alone, with all, and as train.py does by default.

    python samples/train/ablate.py tiles/ -o effects.jsonl --steps 600 --seeds 0 1 2

Each training leaves one line of JSON with the Dice on the fold that it was kept from. `--part 1/4` does every fourth of them, so that several processes
share the work. `--table effects.jsonl ...` prints what such files say.
"""

import argparse
import json
import time
from collections import defaultdict
from dataclasses import replace
from statistics import mean, stdev

from tiles import open_dataset
from train import SWITCHES, Recipe, device_named, judge, train

NONE = {name: name == "amp" for name in SWITCHES}
TECHNIQUES = [name for name in SWITCHES if name != "amp"]


def trainings() -> dict[str, dict[str, bool]]:
    """What is switched on, by the name of the training. `amp` is on but in one, for its speed."""
    single = {name: {**NONE, name: True} for name in TECHNIQUES}
    return {"none": NONE, **single, "no amp": {**NONE, "amp": False}, "all": {**dict.fromkeys(SWITCHES, True), "plateau": False}, "default": {}}


def table(paths: list[str]) -> None:
    """Prints a Markdown table: the mean macro Dice of each training over its seeds, its difference from `none`, and the spread."""
    found: dict[str, list[dict]] = defaultdict(list)
    for path in paths:
        with open(path) as file:
            for line in file:
                entry = json.loads(line)
                found[entry["training"]].append(entry)
    base = {entry["seed"]: entry["macro"] for entry in found["none"]}
    print("| training | Dice | against none | standard deviation | trainings | s |\n|---|---|---|---|---|---|")
    for name in [name for name in trainings() if name in found]:
        scores = [entry["macro"] for entry in found[name]]
        gain = [entry["macro"] - base[entry["seed"]] for entry in found[name] if entry["seed"] in base]
        spread = f"{stdev(gain):.3f}" if len(gain) > 1 else ""
        seconds = mean(entry["seconds"] for entry in found[name])
        print(f"| {name} | {mean(scores):.3f} | {mean(gain):+.3f} | {spread} | {len(scores)} | {seconds:.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tiles", nargs="?")
    parser.add_argument("-o", "--output", default="effects.jsonl")
    parser.add_argument("--table", nargs="+", metavar="FILE")
    parser.add_argument("--fold", default="0", help="the fold that is judged")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--widths", type=int, nargs="+", default=list(Recipe.widths))
    parser.add_argument("--device", default="auto")
    parser.add_argument("--part", default="0/1")
    args = parser.parse_args()
    if args.table:
        return table(args.table)
    dataset, device = open_dataset(args.tiles), device_named(args.device)
    tiles = dataset.tiles(lambda row: row["split"] == "train" and row["fold"] != args.fold)
    kept = dataset.tiles(lambda row: row["split"] == "train" and row["fold"] == args.fold)
    start = Recipe(steps=args.steps, batch=args.batch, widths=tuple(args.widths))
    work = [(seed, name, on) for seed in args.seeds for name, on in trainings().items()]
    part, parts = map(int, args.part.split("/"))
    for seed, name, on in work[part::parts]:
        begun = time.monotonic()
        network = train(dataset, tiles, replace(start, seed=seed, **on), device, log=lambda _: None)
        seconds = round(time.monotonic() - begun, 1)
        line = json.dumps({"training": name, "seed": seed, "steps": args.steps, **judge(network, dataset, kept, device), "seconds": seconds})
        print(line, flush=True)
        with open(args.output, "a") as file:
            file.write(line + "\n")


if __name__ == "__main__":
    main()
