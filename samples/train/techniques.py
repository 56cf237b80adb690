"""What is done to a batch, to the loss and to the steps: each technique a function of its own, on tensors, on whatever device they are.

Images are float [batch, 3, height, width], 0 to 1; masks are uint8 [batch, height, width], 255 where nobody knows. Lengths are shares of a side.
"""

import math

import torch
from torch.nn import functional as F

from tiles import IGNORE


def crops(images, masks, side: int, zoom: float, non_empty: float, rarity) -> tuple[torch.Tensor, torch.Tensor]:
    """Cuts a square of `side` px from each tile, turned and mirrored at random, half of them enlarged or shrunk by up to `zoom`.

    `images` is uint8. A share of `non_empty` is centred on a labelled pixel, drawn by the `rarity` of its class ([classes + 1], 0 for background),
    so that rare classes are seen often. Images bilinear, masks nearest, reflected beyond the border.
    """
    count, _, height, width = images.shape
    device = images.device
    random = lambda *shape: torch.rand(*shape, device=device)  # noqa: E731
    scale = torch.where(random(count) < 0.5, 1.0, zoom ** (2 * random(count) - 1))
    size = torch.tensor([width, height], device=device, dtype=torch.float32)
    centre = random(count, 2) * size
    if non_empty > 0:
        weights = rarity[torch.where(masks == IGNORE, 0, masks).long()].flatten(1)
        some = (weights.sum(1) > 0) & (random(count) < non_empty)
        weights[~some] = 1
        at = torch.multinomial(weights, 1).squeeze(1)
        near = torch.stack([at % width, at // width], 1) + (random(count, 2) - 0.5) * side / 2
        centre = torch.where(some[:, None], near, centre)
    half = (scale * side / 2)[:, None]
    low = torch.minimum(half, size / 2)
    centre = torch.minimum(torch.maximum(centre, low), size - low)
    centre = torch.where((scale == 1)[:, None], centre.round(), centre)
    turn = torch.randint(4, (count,), device=device) * (math.pi / 2)
    mirror = torch.where(random(count) < 0.5, -1.0, 1.0)
    cos, sin = torch.cos(turn).round(), torch.sin(turn).round()
    matrix = torch.stack([torch.stack([cos * mirror, -sin], 1), torch.stack([sin * mirror, cos], 1)], 1)
    theta = torch.cat([matrix * (2 * half / size)[:, :, None], (2 * centre / size - 1)[:, :, None]], 2)
    grid = F.affine_grid(theta, [count, 1, side, side], align_corners=False)
    take = lambda x, mode: F.grid_sample(x, grid, mode, "reflection", align_corners=False)  # noqa: E731
    return take(images.float() / 255, "bilinear"), take(masks[:, None].float(), "nearest")[:, 0].round().to(torch.uint8)


def stain(images, amount: float) -> torch.Tensor:
    """Multiplies the optical density of each colour, and shifts it, by up to about `amount`: slides are stained and lit unlike."""
    shape = (len(images), 3, 1, 1)
    both = torch.randn(len(images), 1, 1, 1, device=images.device)
    factor = (1 + amount * (0.7 * torch.randn(shape, device=images.device) + 0.7 * both)).clamp(0.3, 2)
    shift = 0.2 * amount * torch.randn(shape, device=images.device)
    return ((images.clamp(min=1 / 256).log() * factor + shift).exp()).clamp(0, 1)


def _places(images):
    _, _, height, width = images.shape
    y = (torch.arange(height, device=images.device) + 0.5)[None, :, None] / height
    x = (torch.arange(width, device=images.device) + 0.5)[None, None, :] / width
    return y, x


def _fill(images, masks, holes, share: float):
    holes = holes & (torch.rand(len(images), 1, 1, device=images.device) < share)
    mean = images.mean((2, 3), keepdim=True)
    return torch.where(holes[:, None], mean, images), torch.where(holes, torch.full_like(masks, IGNORE), masks)


def cutout(images, masks, share=0.5, size=0.25):
    """Fills a square with the mean colour; nobody is asked what was there (DeVries and Taylor 2017)."""
    y, x = _places(images)
    cy, cx = torch.rand(2, len(images), 1, 1, device=images.device)
    return _fill(images, masks, ((y - cy).abs() < size / 2) & ((x - cx).abs() < size / 2), share)


def grid_dropout(images, masks, share=0.5, hole=0.4):
    """Fills a grid of squares (GridMask, Chen et al. 2020)."""
    y, x = _places(images)
    unit, py, px = torch.rand(3, len(images), 1, 1, device=images.device)
    unit = 0.125 + 0.375 * unit
    return _fill(images, masks, ((y / unit + py) % 1 < hole) & ((x / unit + px) % 1 < hole), share)


def cutmix(images, masks, share=0.5):
    """Lays a box of another tile of the batch over each, with its labels (Yun et al. 2019)."""
    y, x = _places(images)
    cy, cx, ratio = torch.rand(3, len(images), 1, 1, device=images.device)
    side = ratio.clamp(max=0.5).sqrt()
    box = ((y - cy).abs() < side / 2) & ((x - cx).abs() < side / 2)
    box = box & (torch.rand(len(images), 1, 1, device=images.device) < share)
    other = torch.randperm(len(images), device=images.device)
    return torch.where(box[:, None], images[other], images), torch.where(box, masks[other], masks)


def mixup(images, masks, share=0.5, alpha=0.4):
    """`ratio * tile + (1 - ratio) * other` (Zhang et al. 2018): images, masks, the others' masks, and the ratio of each tile."""
    ratio = torch.distributions.Beta(alpha, alpha).sample((len(images),)).to(images.device)
    ratio = torch.maximum(ratio, 1 - ratio)
    ratio = torch.where(torch.rand(len(images), device=images.device) < share, ratio, 1.0)[:, None, None, None]
    other = torch.randperm(len(images), device=images.device)
    return ratio * images + (1 - ratio) * images[other], masks, masks[other], ratio


def targets(masks, classes: int) -> torch.Tensor:
    """Masks as shares of each class [batch, classes, height, width]: all 0 where nobody knows."""
    return torch.stack([masks == label for label in range(classes)], 1).float()


def hybrid_loss(logits, target, smoothing: float, dice: float) -> torch.Tensor:
    """Cross-entropy with smoothed labels, plus `dice` times 1 - soft Dice, the mean over the classes of the batch. Unknown pixels count for nothing."""
    known = target.sum(1)
    log = F.log_softmax(logits.float(), 1)
    smooth = target * (1 - smoothing) + known[:, None] * smoothing / target.shape[1]
    loss = -(smooth * log).sum() / known.sum().clamp(min=1)
    if dice == 0:
        return loss
    p = log.exp() * known[:, None]
    overlap, sums = (p * target).sum((0, 2, 3)), (p + target).sum((0, 2, 3))
    there = target.sum((0, 2, 3)) > 0
    return loss + dice * (1 - (2 * overlap + 1) / (sums + 1))[there].mean()


def learning_rate(step: int, steps: int, cosine: bool, flat_from: float) -> float:
    """Share of the highest rate: a linear warm-up over 5 % of the steps, then half a cosine, flat from `flat_from` on. 1 without `cosine`."""
    if not cosine:
        return 1.0
    done = step / steps
    return min((step + 1) / (0.05 * steps), 0.5 + 0.5 * math.cos(math.pi * min(done, flat_from)))


def epoch(own: int, extra: int, weight: float, device) -> torch.Tensor:
    """Indices of all `own` tiles once and of each of the `extra` ones behind them `weight` times in the mean, in random order."""
    times = torch.full((extra,), math.floor(weight)) + (torch.rand(extra) < weight % 1).long()
    indices = torch.cat([torch.arange(own), own + torch.arange(extra).repeat_interleave(times)])
    return indices[torch.randperm(len(indices))].to(device)


class Lookahead:
    """Every `every` steps the weights go back half of the way to where they were (Zhang et al. 2019)."""

    def __init__(self, parameters, every=5):
        self.fast = [p for p in parameters if p.requires_grad]
        self.slow = [p.detach().clone() for p in self.fast]
        self.every, self.count = every, 0

    @torch.no_grad()
    def step(self) -> None:
        self.count += 1
        if self.count % self.every == 0:
            torch._foreach_lerp_(self.slow, self.fast, 0.5)
            torch._foreach_copy_(self.fast, self.slow)
