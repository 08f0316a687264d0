"""How sure are we of a mean, and of the difference between two runs?"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum
from random import Random
from typing import Final

RESAMPLES: Final = 1000
CONFIDENCE: Final = 0.95
SEED: Final = 20_240_229  # any will do, as long as it stays: the same values always get the same interval


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean, and the bounds between which it probably lies."""

    mean: float
    low: float
    high: float


def mean_interval(values: Sequence[float]) -> Interval:
    """Give the mean of at least one value with its 95 % percentile bootstrap interval.

    The values are drawn anew with replacement 1,000 times, and the interval reaches from the 2.5th to the
    97.5th percentile of the means: Efron, Tibshirani, An Introduction to the Bootstrap, 1993, section 13.3.

    >>> mean_interval([1.0, 1.0])
    Interval(mean=1.0, low=1.0, high=1.0)
    >>> interval = mean_interval([0.0, 1.0] * 50)
    >>> interval.mean, 0.38 < interval.low < 0.42, 0.58 < interval.high < 0.62
    (0.5, True, True)
    """
    count = len(values)
    mean = fsum(values) / count
    if min(values) == max(values):  # drawing among equals gives the same again
        return Interval(mean, mean, mean)
    generator = Random(SEED)  # noqa: S311 - statistics, not secrets, and it must repeat itself
    means = sorted(sum(generator.choices(values, k=count)) / count for _ in range(RESAMPLES))
    tail = round(RESAMPLES * (1 - CONFIDENCE) / 2)
    return Interval(mean, means[tail], means[-tail - 1])


def difference_interval(before: Sequence[float], now: Sequence[float]) -> Interval:
    """Give the mean difference of two runs over the same cases, `now` minus `before`, with its interval.

    The pairs are drawn, not the runs, so that how hard a case is does not count: Efron and Tibshirani, as
    above, section 8.3.

    >>> difference_interval([0.0, 1.0], [0.5, 1.5])
    Interval(mean=0.5, low=0.5, high=0.5)
    """
    return mean_interval([later - earlier for earlier, later in zip(before, now, strict=True)])
