"""Classifiers of torchvision and timm with random weights, exported as people export them, and PyTorch's own class activation maps.

    python export_classifiers.py FOLDER [NAME...]

Writes `NAME.onnx` and `NAME.map.f32` for one window, `image.f32`; `slide.png` and `NAME.loop.f32`, the probabilities of its windows by a
plain loop; and `classifiers.json`. A network that cannot be exported ends it. The map is what the
network's own head gives to each place of its last feature map, in PyTorch, as [classes, height, width]. For a head that is one linear
layer it is checked here to be the sum of feature maps with the layer's weights (Zhou et al. 2016), plus its bias.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import timm
import torch
import torchvision
from PIL import Image

warnings.filterwarnings("ignore")
torch.manual_seed(3)
torch.set_num_threads(2)
out = Path(sys.argv[1])
SIDE, CLASSES = 128, 4


def spread(model):
    """Random weights of many layers give features that hardly differ: batch statistics of noise make them do."""
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None
    model.train()
    with torch.no_grad():
        for _ in range(2):
            model(torch.rand(4, 3, SIDE, SIDE))
    linear = [module for module in model.modules() if isinstance(module, (torch.nn.Linear, torch.nn.Conv2d))][-1]
    with torch.no_grad():
        linear.weight.normal_(0, 0.05)
    return model.eval()


def torchvision_parts(model):
    """The feature map and the rest of a torchvision classifier; the rest takes what comes out of the pooling."""
    if hasattr(model, "layer4"):
        trunk = torch.nn.Sequential(*list(model.children())[:-2])
        return trunk, lambda pooled: model.fc(pooled.flatten(1)), model.fc
    head = model.classifier
    first = isinstance(head[0], torch.nn.LayerNorm) or type(head[0]).__name__ == "LayerNorm2d"
    linear = head[-1] if len([m for m in head.modules() if isinstance(m, torch.nn.Linear)]) == 1 and not first else None
    return model.features, lambda pooled: head(pooled if first else pooled.flatten(1)), linear



def hrnet_parts(model):
    return model.forward_features, lambda pooled: model.classifier(pooled.flatten(1)), model.classifier


def made():
    weights = dict(weights=None, num_classes=CLASSES)
    models = torchvision.models
    yield "resnet18", models.resnet18(**weights), torchvision_parts, True
    yield "efficientnet_b0", models.efficientnet_b0(**weights), torchvision_parts, True
    yield "mobilenet_v2", models.mobilenet_v2(**weights), torchvision_parts, True
    yield "mobilenet_v3_small", models.mobilenet_v3_small(**weights), torchvision_parts, False
    yield "convnext_tiny", models.convnext_tiny(**weights), torchvision_parts, False
    yield "hrnet_w18_small", timm.create_model("hrnet_w18_small", num_classes=CLASSES), hrnet_parts, True


# A slide of six windows side by side, and the plain loop over them.
slide = np.random.default_rng(5).integers(0, 256, (2 * SIDE, 3 * SIDE, 3), dtype=np.uint8)
Image.fromarray(slide).save(out / "slide.png")
windows = [
    torch.from_numpy(slide[y : y + SIDE, x : x + SIDE]).permute(2, 0, 1)[None].float() / 255
    for y in range(0, 2 * SIDE, SIDE)
    for x in range(0, 3 * SIDE, SIDE)
]
image = torch.rand(1, 3, SIDE, SIDE)
image.numpy().astype("<f4").tofile(out / "image.f32")
found = []
for name, model, parts_of, is_linear in made():
    if len(sys.argv) > 2 and name not in sys.argv[2:]:
        continue
    spread(model)
    trunk, head, linear = parts_of(model)
    with torch.no_grad():
        features = trunk(image)
        _, channels, height, width = features.shape
        places = features.permute(0, 2, 3, 1).reshape(-1, channels, 1, 1)
        cam = head(places).reshape(height, width, CLASSES).permute(2, 0, 1)
        scores = model(image)[0]
        if is_linear:
            weighted = torch.einsum("kc,chw->khw", linear.weight, features[0]) + linear.bias[:, None, None]
            assert torch.allclose(cam, weighted, atol=1e-4), name
            assert torch.allclose(cam.mean((1, 2)), scores, atol=1e-3), name
    # The newer exporter is slow, and writes a ConvNeXt so that its batch cannot vary: Gather from a flat list.
    for route in ("legacy", "dynamo") if name in ("resnet18", "mobilenet_v3_small") else ("legacy",):
        file = f"{name}.{route}.onnx"
        options = dict(dynamo=False, opset_version=17) if route == "legacy" else dict(dynamo=True, verbose=False)
        torch.onnx.export(model, (image,), str(out / file), input_names=["image"], output_names=["scores"], **options)
        found.append({"name": name, "route": route, "file": file, "linear": is_linear, "height": height, "width": width})
    cam.contiguous().numpy().astype("<f4").tofile(out / f"{name}.map.f32")
    with torch.no_grad():
        loop = torch.cat([model(window) for window in windows]).sigmoid()
    loop.numpy().astype("<f4").tofile(out / f"{name}.loop.f32")
(out / "classifiers.json").write_text(json.dumps(found))
