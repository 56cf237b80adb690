"""The benchmark's network in PyTorch: the operators of its ONNX file one after the other, with the weights of that file."""

import onnx
import torch
from onnx import numpy_helper
from torch.nn import functional


class Network(torch.nn.Module):
    def __init__(self, path):
        super().__init__()
        graph = onnx.load(path).graph
        self.weights = {each.name: torch.from_numpy(numpy_helper.to_array(each).copy()) for each in graph.initializer}
        self.nodes = list(graph.node)
        self.input, self.output = graph.input[0].name, graph.output[0].name

    def forward(self, image):
        known = {**self.weights, self.input: image}
        for node in self.nodes:
            values = [known.get(name) for name in node.input]
            known[node.output[0]] = self.apply_one(node.op_type, values)
        return known[self.output]

    @staticmethod
    def apply_one(kind, values):
        match kind:
            case "Cast" | "Identity":
                return values[0]
            case "Conv":
                return functional.conv2d(*values, padding=values[1].shape[2] // 2)
            case "Relu":
                return functional.relu(values[0])
            case "MaxPool":
                return functional.max_pool2d(values[0], 2)
            case "Resize":
                return functional.interpolate(values[0], scale_factor=2, mode="nearest")
            case "Concat":
                return torch.cat(values, dim=1)
        raise ValueError(f"the benchmark's network has no {kind}")
