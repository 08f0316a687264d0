"""How sure may we be that a question can be answered from what was found?"""

import math
from typing import Final

# A logistic curve over the mean of the two scores, fitted on clapnq: 200 questions that its passages answer
# and 150 that they do not. The two scores weigh the same in the fit, and their mean tells such questions
# apart better (area under the curve .895) than the cosine (.855) or the sentence (.868) alone.
_STEEPNESS: Final = 14.0
_MIDDLE: Final = 0.547


def confidence(*, first_cosine: float | None, best_sentence: float | None) -> float:
    """Give the chance that the question can be answered, 0 to 1.

    Args:
        first_cosine: how near the first passage is to the question; None where nothing is known of it.
        best_sentence: the highest score of a sentence that could be the answer, -1 to 1; None without any.

    >>> round(confidence(first_cosine=0.7, best_sentence=0.6), 2)
    0.81
    >>> confidence(first_cosine=0.7, best_sentence=None)
    0.0
    """
    if first_cosine is None or best_sentence is None:
        return 0.0
    mean = (first_cosine + best_sentence) / 2
    return 1 / (1 + math.exp(-_STEEPNESS * (mean - _MIDDLE)))
