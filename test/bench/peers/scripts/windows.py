"""Where the windows of an image start, as segtile places them."""


def starts(length: int, window: int, stride: int) -> list[int]:
    if length <= window:
        return [0]
    count = -(-(length - window) // stride) + 1
    return [min(i * stride, length - window) for i in range(count)]
