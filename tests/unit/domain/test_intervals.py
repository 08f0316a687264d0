"""How sure a mean is."""

import time

import numpy as np

from rag.domain.intervals import difference_interval, mean_interval


def drawn(count: int, *, seed: int = 3) -> list[float]:
    """Draw numbers between 0 and 1, each as likely as the other."""
    return [float(value) for value in np.random.default_rng(seed).random(count)]


def test_the_same_values_always_give_the_same_interval() -> None:
    """A report does not change when it is made again."""
    values = drawn(50)
    assert mean_interval(values) == mean_interval(values)


def test_the_interval_holds_the_true_mean_about_as_often_as_it_says() -> None:
    """Of 200 samples whose mean is known, some 95 % have it within their interval."""
    held = 0
    for seed in range(200):
        interval = mean_interval(drawn(60, seed=seed))
        held += interval.low <= 0.5 <= interval.high
    assert 180 <= held <= 198


def test_pairs_make_a_small_steady_gain_visible() -> None:
    """How hard the cases are does not blur the difference between two runs."""
    hard = drawn(80)
    change = difference_interval(hard, [value + 0.01 for value in hard])
    assert 0.0099 < change.low <= change.mean <= change.high < 0.0101


def test_three_thousand_values_take_less_than_a_second() -> None:
    """A large test set can be summed up at once."""
    values = drawn(3000)
    began = time.process_time()
    mean_interval(values)
    assert time.process_time() - began < 1
