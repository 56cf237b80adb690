"""Networks as their frameworks make and export them, and the masks of the frameworks' own loops over windows.

    python export_networks.py FOLDER

Writes `slide.png`, and for each network that can be made here `NAME.onnx`, `NAME.png` (labels) and a line of `networks.json`: what
`segtile infer` is to be told, and how many pixels are ties within the noise of float32. A framework that is not installed is named
under `missing`. Weights are random: the last layer is spread so that every class has pixels.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

warnings.filterwarnings("ignore")
torch.manual_seed(3)
torch.set_num_threads(2)
torch.set_grad_enabled(False)
out = Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
WIDTH, HEIGHT = 160, 128
found, missing = [], {}

try:
    import torchvision  # noqa: F401
except RuntimeError:
    # Its compiled part is for another build of torch. No network here needs it, but the import wants two operators to be known.
    for name in [name for name in sys.modules if name.startswith("torchvision")]:
        del sys.modules[name]
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
except ImportError:
    pass


def picture():
    """Blots of three sizes in the colours of stained tissue."""
    random = np.random.default_rng(5)
    layers = []
    for step in (4, 11, 29):
        coarse = torch.from_numpy(random.normal(size=(1, 3, HEIGHT // step + 2, WIDTH // step + 2)).astype(np.float32))
        layers.append(F.interpolate(coarse, (HEIGHT, WIDTH), mode="bicubic", align_corners=False)[0])
    mixed = sum(layers) * torch.tensor([45.0, 35.0, 40.0])[:, None, None] + torch.tensor([170.0, 110.0, 150.0])[:, None, None]
    return mixed.clamp(0, 255).round().to(torch.uint8).permute(1, 2, 0).numpy()


rgb = picture()
Image.fromarray(rgb).save(out / "slide.png")
image = torch.from_numpy(rgb).permute(2, 0, 1)[None].float() / 255


def starts(length, window, stride):
    if length <= window:
        return [0]
    count = -(-(length - window) // stride) + 1
    return [min(i * stride, length - window) for i in range(count)]


def looped(scores, window, stride):
    """The mean of the probabilities of all windows that see a pixel."""
    total, count = None, torch.zeros(HEIGHT, WIDTH)
    for top in starts(HEIGHT, window, stride):
        for left in starts(WIDTH, window, stride):
            p = scores(image[:, :, top : top + window, left : left + window])[0]
            total = torch.zeros(len(p), HEIGHT, WIDTH) if total is None else total
            total[:, top : top + window, left : left + window] += p
            count[top : top + window, left : left + window] += 1
    return total / count


def labelled(p):
    """Labels, and how many pixels could be either for the noise of float32."""
    if len(p) == 1:
        return (p[0] > 0.5).to(torch.uint8), int(((p[0] - 0.5).abs() < 1e-5).sum())
    top = p.topk(2, 0).values
    return p.argmax(0).to(torch.uint8), int(((top[0] - top[1]) < 1e-5).sum())


def spread(model, last, logits):
    """Sets the last layer so that its scores have mean 0 and deviation 3 on the picture."""
    z = logits(image[:, :, :128, :128])
    mean, deviation = z.mean((0, 2, 3)), z.std((0, 2, 3)) + 1e-6
    last.weight.mul_((3 / deviation)[:, None, None, None])
    last.bias.copy_((last.bias - mean) * 3 / deviation)


def settled(model):
    """Gives batch normalisations the statistics of the picture."""
    model.train()
    for shift in (0, 16, 32):
        model(image[:, :, :128, shift : shift + 128].repeat(2, 1, 1, 1))
    return model.eval()


def export(model, name, names, window, dynamo):
    example = torch.zeros(1, 3, window, window)
    options = {"input_names": ["image"], "output_names": names, "opset_version": 18 if dynamo else 17}
    torch.onnx.export(model, (example,), out / f"{name}.onnx", dynamo=dynamo, **({"external_data": False} if dynamo else {}), **options)


def told(name, p, window, *words, stride=None, blend="constant"):
    labels, ties = labelled(p)
    Image.fromarray(labels.numpy()).save(out / f"{name}.png")
    shown = ["--window", str(window), "--stride", str(stride or window // 2), "--margin", "0", "--blend", blend]
    found.append({"name": name, "words": [*shown, *words], "ties": ties, "classes": len(labels.unique())})


def attempt(name):
    def run(make):
        try:
            make()
        except ImportError as error:
            missing[name] = str(error)

    return run


def soft(z):
    return torch.softmax(z, 1)


@attempt("smp")
def _():
    import segmentation_models_pytorch as smp

    small = {"encoder_weights": None, "encoder_depth": 3, "decoder_channels": (32, 16, 8)}
    model = settled(smp.Unet("resnet18", classes=3, **small))
    spread(model, model.segmentation_head[0], model)
    p = looped(lambda x: soft(model(x)), 96, 64)
    for dynamo in (False, True):
        name = f"smp-unet-{'dynamo' if dynamo else 'legacy'}"
        export(model, name, ["scores"], 96, dynamo)
        told(name, p, 96, stride=64)
    model = settled(smp.Unet("resnet18", classes=1, activation="sigmoid", **small))
    spread(model, model.segmentation_head[0], lambda x: torch.logit(model(x), 1e-6))
    export(model, "smp-unet-sigmoid", ["scores"], 96, False)
    told("smp-unet-sigmoid", looped(model, 96, 64), 96, stride=64)


@attempt("torchvision")
def _():
    from torchvision.models.segmentation import deeplabv3_mobilenet_v3_large

    model = settled(deeplabv3_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=4, aux_loss=True))
    spread(model, model.classifier[-1], lambda x: model(x)["out"])
    export(model, "torchvision-deeplab", ["out", "aux"], 96, False)
    told("torchvision-deeplab", looped(lambda x: soft(model(x)["out"]), 96, 64), 96, "--model-output", "out", stride=64)


@attempt("transformers")
def _():
    from transformers import SegformerConfig, SegformerForSemanticSegmentation

    config = SegformerConfig(num_labels=3, hidden_sizes=[16, 32, 40, 64], depths=[1, 1, 1, 1], decoder_hidden_size=32)
    model = SegformerForSemanticSegmentation(config).eval()
    for layer in model.modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            layer.weight.mul_(6)
    logits = lambda x: model(x).logits
    spread(model, model.decode_head.classifier, logits)

    class Plain(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, x):
            return self.model(x).logits

    export(Plain().eval(), "transformers-segformer", ["logits"], 128, False)
    whole = lambda x: soft(F.interpolate(logits(x), x.shape[2:], mode="bilinear", align_corners=False))
    told("transformers-segformer", looped(whole, 128, 64), 128)


@attempt("timm")
def _():
    import timm

    class HighResolution(nn.Module):
        """The finest features of HRNet with a layer for the classes."""

        def __init__(self):
            super().__init__()
            self.net = timm.create_model("hrnet_w18_small", pretrained=False, features_only=True, out_indices=(1,))
            self.last = nn.Conv2d(self.net.feature_info.channels()[0], 3, 1)

        def forward(self, x):
            return self.last(self.net(x)[0])

    model = settled(HighResolution())
    spread(model, model.last, model)
    export(model, "timm-hrnet", ["scores"], 128, False)
    whole = lambda x: soft(F.interpolate(model(x), x.shape[2:], mode="bilinear", align_corners=False))
    told("timm-hrnet", looped(whole, 128, 64), 128)


@attempt("monai")
def _():
    from monai.networks.nets import BasicUNetPlusPlus

    model = settled(BasicUNetPlusPlus(2, 3, 2, features=(8, 8, 16, 16, 16, 8), deep_supervision=True))
    spread(model, model.final_conv_0_4, lambda x: model(x)[-1])
    names = [f"depth{i}" for i in range(1, 5)]
    export(model, "monai-deep-supervision", names, 96, False)
    told("monai-deep-supervision", looped(lambda x: soft(model(x)[-1]), 96, 64), 96, "--model-output", "depth4", stride=64)


def valid_unet():
    """Convolutions without padding, as in the first U-Net: 76 px in, 36 px out."""
    block = lambda a, b: nn.Sequential(nn.Conv2d(a, b, 3), nn.ReLU(), nn.Conv2d(b, b, 3), nn.ReLU())

    class Valid(nn.Module):
        def __init__(self):
            super().__init__()
            self.down, self.mid, self.deep = block(3, 8), block(8, 16), block(16, 32)
            self.up1, self.up2 = nn.ConvTranspose2d(32, 16, 2, 2), nn.ConvTranspose2d(16, 8, 2, 2)
            self.join1, self.join2 = block(32, 16), block(16, 8)
            self.last = nn.Conv2d(8, 2, 1)

        def forward(self, x):
            a = self.down(x)
            b = self.mid(F.max_pool2d(a, 2))
            c = self.up1(self.deep(F.max_pool2d(b, 2)))
            cut = (b.shape[2] - c.shape[2]) // 2
            c = self.up2(self.join1(torch.cat([b[:, :, cut:-cut, cut:-cut], c], 1)))
            cut = (a.shape[2] - c.shape[2]) // 2
            return self.last(self.join2(torch.cat([a[:, :, cut:-cut, cut:-cut], c], 1)))

    model = Valid().eval()
    spread(model, model.last, lambda x: model(x[:, :, :124, :124]))
    export(model, "valid-unet", ["scores"], 76, False)
    side = model(torch.zeros(1, 3, 76, 76)).shape[2]
    crop = (76 - side) // 2
    # Windows that lie side by side, on the picture mirrored at its border; the last ones end where the mirrored picture does.
    padded = F.pad(image, [crop] * 4, mode="reflect")
    total = torch.zeros(2, HEIGHT, WIDTH)
    owner = torch.full((HEIGHT, WIDTH), False)
    for top in starts(HEIGHT, side, side):
        for left in starts(WIDTH, side, side):
            p = soft(model(padded[:, :, top : top + 76, left : left + 76]))[0]
            total[:, top : top + side, left : left + side] += p
    count = torch.zeros(HEIGHT, WIDTH)
    for top in starts(HEIGHT, side, side):
        for left in starts(WIDTH, side, side):
            count[top : top + side, left : left + side] += 1
    p = total / count
    labels, ties = labelled(p)
    Image.fromarray(labels.numpy()).save(out / "valid-unet.png")
    words = ["--window", "76", "--stride", str(side), "--blend", "constant"]
    found.append({"name": "valid-unet", "words": words, "ties": ties, "classes": len(labels.unique())})


@attempt("keras")
def _():
    import os

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    import tensorflow as tf
    import tf2onnx

    keras.utils.set_random_seed(3)
    layers = keras.layers
    start = keras.Input((None, None, 3), name="image")
    a = layers.Conv2D(8, 3, padding="same", activation="relu")(layers.Rescaling(1 / 127.5, -1)(start))
    b = layers.Conv2D(16, 3, padding="same", activation="relu")(layers.MaxPooling2D()(a))
    c = layers.Concatenate()([a, layers.UpSampling2D()(b)])
    logits = keras.Model(start, layers.Conv2D(3, 1, name="last")(c))
    model = keras.Model(start, layers.Softmax()(logits.output))
    bytes_of = lambda x: (x * 255).round().permute(0, 2, 3, 1).numpy()
    last = logits.get_layer("last")
    z = logits(bytes_of(image[:, :, :128, :128])).numpy()
    kernel, bias = last.get_weights()
    mean, deviation = z.mean((0, 1, 2)), z.std((0, 1, 2)) + 1e-6
    last.set_weights([kernel * 3 / deviation, (bias - mean) * 3 / deviation])
    signature = [tf.TensorSpec((None, None, None, 3), tf.float32, name="image")]
    function = tf.function(lambda x: model(x), input_signature=signature)
    tf2onnx.convert.from_function(function, input_signature=signature, opset=17, output_path=str(out / "keras.onnx"))
    whole = lambda x: torch.from_numpy(model(bytes_of(x)).numpy()).permute(0, 3, 1, 2)
    told("keras", looped(whole, 96, 64), 96, stride=64)


valid_unet()
(out / "networks.json").write_text(json.dumps({"networks": found, "missing": missing}))
