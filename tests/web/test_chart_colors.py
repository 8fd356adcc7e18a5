"""The palette of charts.js, for those who see colours as most do and for those who do not."""

import itertools
import math
import re
from pathlib import Path

import pytest

import usher.web

SOURCE = (Path(usher.web.__file__).parent / "static/web/js/charts.js").read_text()
GROUNDS = {"light": "#ffffff", "dark": "#1b1f27"}

Color = tuple[float, float, float]

# Machado, Oliveira and Fernandes 2009, full severity, on linear RGB.
SEEN_BY = {
    "most": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopes": ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    "deuteranopes": ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
    "tritanopes": ((1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304)),
}


def palette(theme: str) -> dict[str, str]:
    block = re.search(rf"PALETTE = {{.*?{theme}: {{(.*?)}}", SOURCE, re.DOTALL)
    assert block
    return dict(re.findall(r'(\w+): "(#[0-9a-f]{6})"', block[1]))


def linear(code: str) -> Color:
    red, green, blue = (int(code[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return _linear(red), _linear(green), _linear(blue)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def as_seen(color: Color, eyes: str) -> Color:
    red, green, blue = (
        min(1, max(0, sum(weight * part for weight, part in zip(row, color, strict=True))))
        for row in SEEN_BY[eyes]
    )
    return red, green, blue


def oklab(color: Color) -> Color:
    red, green, blue = color
    long = (0.41222 * red + 0.53633 * green + 0.05145 * blue) ** (1 / 3)
    middle = (0.21190 * red + 0.68070 * green + 0.10740 * blue) ** (1 / 3)
    short = (0.08830 * red + 0.28172 * green + 0.62998 * blue) ** (1 / 3)
    return (
        0.21045 * long + 0.79362 * middle - 0.00407 * short,
        1.97800 * long - 2.42859 * middle + 0.45059 * short,
        0.02590 * long + 0.78277 * middle - 0.80868 * short,
    )


def contrast(one: Color, other: Color) -> float:
    dark, light = sorted(0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in (one, other))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", GROUNDS)
def test_every_color_stands_out_from_the_card(theme: str) -> None:
    assert len(palette(theme)) == 8
    for name, code in palette(theme).items():
        assert contrast(linear(code), linear(GROUNDS[theme])) >= 3, name


@pytest.mark.parametrize("theme", GROUNDS)
@pytest.mark.parametrize("eyes", SEEN_BY)
def test_any_two_colors_can_be_told_apart(theme: str, eyes: str) -> None:
    for (one, first), (other, second) in itertools.combinations(palette(theme).items(), 2):
        apart = math.dist(oklab(as_seen(linear(first), eyes)), oklab(as_seen(linear(second), eyes)))
        assert apart >= 0.08, f"{one} and {other}"
