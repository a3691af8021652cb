"""How alike two pictures look: mean structural similarity (Wang et al., 2004) of their grey, in blocks of 8 by 8."""

from typing import Any

from PIL import Image, ImageMath

_BLOCK = 8
_STEADY_MEAN = (0.01 * 255) ** 2
_STEADY_SPREAD = (0.03 * 255) ** 2


def similarity(one: Image.Image, other: Image.Image) -> float:
    """1.0 for equal pictures of one size (8 pixels each way or more), less the less they look alike."""
    a, b = (picture.convert("L").convert("F") for picture in (one, other))
    mean_a, mean_b = a.reduce(_BLOCK), b.reduce(_BLOCK)
    square_a, square_b, product = (_product(a, a), _product(b, b), _product(a, b))
    scores = ImageMath.lambda_eval(
        _score, ma=mean_a, mb=mean_b, aa=square_a, bb=square_b, ab=product, c=_STEADY_MEAN, d=_STEADY_SPREAD
    )
    return float(scores.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0)))


def _product(a: Image.Image, b: Image.Image) -> Image.Image:
    """The mean of a times b in each block."""
    picture: Image.Image = ImageMath.lambda_eval(lambda v: v["a"] * v["b"], a=a, b=b)
    return picture.reduce(_BLOCK)


def _score(v: dict[str, Any]) -> Any:
    means = v["ma"] * v["mb"]
    squares = v["ma"] * v["ma"] + v["mb"] * v["mb"]
    like = (means * 2 + v["c"]) * ((v["ab"] - means) * 2 + v["d"])
    return like / ((squares + v["c"]) * (v["aa"] + v["bb"] - squares + v["d"]))
