"""The ways in which scores are made, exported by the routes that people take.

    python export_heads.py FOLDER [all]

By default each head goes the cheap route once, and a few of them the dear one; with `all` every head, with one class and with
several, goes both. Writes `N.onnx` and `heads.json`: for each its route, its head, and what its scores are.
"""

import json
import os
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

warnings.filterwarnings("ignore")
torch.manual_seed(1)
torch.set_num_threads(2)
out = Path(sys.argv[1])
every = sys.argv[2:] == ["all"]
found = []


class Network(nn.Module):
    """A little trunk with logits on both sides of 0."""

    def __init__(self, head, channels):
        super().__init__()
        self.first, self.norm, self.last = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.Conv2d(8, channels, 1)
        self.other = nn.Conv2d(8, channels, 1)
        self.head = head
        for layer in (self.last, self.other):
            layer.weight.data.mul_(6)

    def forward(self, x):
        f = F.relu(self.norm(self.first(x)))
        return self.head(self.last(f), self.other(f))


def stable(z):
    return torch.where(z >= 0, 1 / (1 + torch.exp(-z)), torch.exp(z) / (1 + torch.exp(z)))


def tripled(z):
    return F.interpolate(F.avg_pool2d(z, 2), scale_factor=2, mode="bilinear", align_corners=False)


one, many = 1, 3
heads = {
    "raw": ("logits", (one, many), lambda z, o: z),
    "raw, permuted": ("logits", (one, many), lambda z, o: z.permute(0, 2, 3, 1)),
    "raw, resized": ("logits", (one, many), lambda z, o: tripled(z)),
    "raw, with a temperature": ("logits", (one, many), lambda z, o: z / 1.7 + 0.2),
    "raw, of two heads": ("logits", (one, many), lambda z, o: torch.cat([z, o], 1)),
    "raw, mean of two": ("logits", (one, many), lambda z, o: (z + o) / 2),
    "sigmoid": ("sigmoid", (one, many), lambda z, o: torch.sigmoid(z)),
    "sigmoid, resized": ("sigmoid", (one, many), lambda z, o: tripled(torch.sigmoid(z))),
    "1 / (1 + exp(-z))": ("sigmoid", (one, many), lambda z, o: 1 / (1 + torch.exp(-z))),
    "stable, by where": ("sigmoid", (one, many), lambda z, o: stable(z)),
    "tanh(z / 2) / 2 + 1 / 2": ("sigmoid", (one, many), lambda z, o: torch.tanh(z / 2) / 2 + 0.5),
    "hardsigmoid": ("sigmoid", (one, many), lambda z, o: F.hardsigmoid(z)),
    "clamped": ("sigmoid", (one, many), lambda z, o: torch.sigmoid(z).clamp(1e-6, 1 - 1e-6)),
    "mean of two sigmoids": ("sigmoid", (one, many), lambda z, o: (torch.sigmoid(z) + torch.sigmoid(o)) / 2),
    "sigmoids, stacked": ("sigmoid", (many,), lambda z, o: torch.stack([torch.sigmoid(c) for c in z.unbind(1)], 1)),
    "1 - sigmoid": ("sigmoid", (one, many), lambda z, o: 1 - torch.sigmoid(z)),
    "softmax": ("softmax", (many,), lambda z, o: torch.softmax(z, 1)),
    "softmax, channels last": ("softmax", (many,), lambda z, o: torch.softmax(z.permute(0, 2, 3, 1), -1)),
    "exp / sum": ("softmax", (many,), lambda z, o: torch.exp(z) / torch.exp(z).sum(1, keepdim=True)),
    "exp(log_softmax)": ("softmax", (many,), lambda z, o: torch.exp(F.log_softmax(z, 1))),
    "mean of two softmaxes": ("softmax", (many,), lambda z, o: (torch.softmax(z, 1) + torch.softmax(o, 1)) / 2),
    "softmax, resized": ("softmax", (many,), lambda z, o: tripled(torch.softmax(z, 1))),
    "softmax, the first left out": ("sigmoid", (many,), lambda z, o: torch.softmax(z, 1)[:, 1:]),
    "log_softmax": ("log-softmax", (many,), lambda z, o: F.log_softmax(z, 1)),
    "log_softmax by hand": ("log-softmax", (many,), lambda z, o: z - torch.logsumexp(z, 1, keepdim=True)),
}


def record(route, head, channels, truth):
    found.append({"file": f"{len(found)}.onnx", "route": route, "head": head, "channels": channels, "truth": truth})


def path():
    return out / f"{len(found)}.onnx"


class Head(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, z, o):
        return self.function(z, o)


# An export by dynamo takes seconds. These are the heads of many nodes, which it writes otherwise.
dear = ("sigmoid", "stable, by where", "exp / sum", "log_softmax by hand")
for name, (truth, counts, function) in heads.items():
    for channels in counts if every else counts[-1:]:
        model = Network(Head(function), channels)
        model.train()
        with torch.no_grad():
            model(torch.rand(4, 3, 32, 32))
        model.eval()
        example = (torch.rand(1, 3, 32, 32),)
        for route in ("legacy", "dynamo") if every or name in dear else ("legacy",):
            more = {"external_data": False, "verbose": False} if route == "dynamo" else {}
            torch.onnx.export(model, example, path(), dynamo=route == "dynamo", opset_version=18 if more else 13, **more)
            record(route, name, channels, truth)

try:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf
    import tf2onnx

    shapes = [(3, 3, 3, 8), (1, 1, 8, 3), (1, 1, 8, 3)]
    kernels = [np.random.default_rng(i).normal(size=shape).astype(np.float32) for i, shape in enumerate(shapes)]
    exps = lambda z: tf.exp(z) / tf.reduce_sum(tf.exp(z), -1, keepdims=True)
    others = {
        "raw": ("logits", lambda z, o: z),
        "sigmoid": ("sigmoid", lambda z, o: tf.sigmoid(z)),
        "1 / (1 + exp(-z))": ("sigmoid", lambda z, o: 1 / (1 + tf.exp(-z))),
        "mean of two sigmoids": ("sigmoid", lambda z, o: (tf.sigmoid(z) + tf.sigmoid(o)) / 2),
        "hard sigmoid": ("sigmoid", lambda z, o: tf.clip_by_value(0.2 * z + 0.5, 0.0, 1.0)),
        "softmax": ("softmax", lambda z, o: tf.nn.softmax(z)),
        "exp / sum": ("softmax", lambda z, o: exps(z)),
        "log_softmax": ("log-softmax", lambda z, o: tf.nn.log_softmax(z)),
        "raw, resized": ("logits", lambda z, o: tf.image.resize(tf.nn.avg_pool2d(z, 2, 2, "SAME"), (32, 32))),
    }
    for name, (truth, function) in others.items():

        def network(x, function=function):
            f = tf.nn.relu(tf.nn.conv2d(x, kernels[0], 1, "SAME"))
            return function(tf.nn.conv2d(f, kernels[1], 1, "SAME"), tf.nn.conv2d(f, kernels[2], 1, "SAME"))

        signature = [tf.TensorSpec((1, 32, 32, 3), tf.float32, name="image")]
        tf2onnx.convert.from_function(tf.function(network, input_signature=signature), input_signature=signature, opset=13, output_path=str(path()))
        record("tf2onnx", name, 3, truth)
except ImportError:
    pass

(out / "heads.json").write_text(json.dumps(found))
