"""A small U-Net (Ronneberger et al. 2015): convolutions and batch normalisation, sums of nearest enlargements, any height and width."""

import torch
from torch import nn
from torch.nn import functional as F


def block(inputs: int, outputs: int) -> nn.Sequential:
    """Two convolutions of 3 × 3, each normalised by batch, which costs nothing later: at export it becomes part of the convolution."""
    layers: list[nn.Module] = []
    for channels in (inputs, outputs):
        layers += [nn.Conv2d(channels, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """Images [batch, 3, height, width] in, logits [batch, classes, height, width] out. `widths`: channels from full size down, halved each."""

    def __init__(self, classes: int, widths: tuple[int, ...]):
        super().__init__()
        self.down = nn.ModuleList(block(i, o) for i, o in zip((3, *widths), widths))
        self.up = nn.ModuleList(block(deep + wide, wide) for deep, wide in zip(widths[:0:-1], widths[-2::-1]))
        self.head = nn.Conv2d(widths[0], classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skips = []
        for depth, down in enumerate(self.down):
            x = down(F.max_pool2d(x, 2) if depth else x)
            skips.append(x)
        skips.pop()
        for up in self.up:
            skip = skips.pop()
            x = up(torch.cat([F.interpolate(x, size=skip.shape[-2:], mode="nearest"), skip], 1))
        return self.head(x)
