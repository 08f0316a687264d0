"""How are measures, figures and kinds of questions called in a report?"""

from typing import Final

from rag.domain.golden import CaseKind

MEANINGS: Final = {
    "recall@5": "the share of the expected evidence that is among the first five passages",
    "ndcg@10": "how far up the expected evidence stands among the first ten passages",
    "mrr@10": "one divided by the rank of the first passage that holds evidence",
    "hit@1": "the first passage holds evidence",
    "hit@5": "one of the first five passages holds evidence",
    "abstention": "answered what the documents answer, and declined what they do not",
    "citation_precision": "the share of the citations that hold expected evidence",
    "citation_recall": "the share of the expected evidence that is cited",
    "answer_f1": "how many words the answer shares with the accepted one",
    "answer_containment": "an accepted answer stands in the answer, word for word",
    "answer_judged": "a language model finds that the answer agrees with an accepted one",
}
MINUS: Final = "\N{MINUS SIGN}"
EMPTY: Final = "\N{EN DASH}"
ALL_KINDS: Final = "all questions"


def kind_name(kind: CaseKind | None) -> str:
    """This will name a kind as a reader does.

    >>> kind_name(CaseKind.SEVERAL_PASSAGES), kind_name(None)
    ('several passages', 'all questions')
    """
    return kind.value.replace("-", " ") if kind else ALL_KINDS


def measure_name(measure: str) -> str:
    """This will name a measure as a reader does.

    >>> measure_name("citation_recall")
    'citation recall'
    """
    return measure.replace("_", " ")


def score(value: float | None) -> str:
    """This will write a score with three digits.

    >>> score(0.5), score(None)
    ('0.500', '–')
    """  # noqa: RUF002 - the dash of an empty cell is meant
    return EMPTY if value is None else f"{value:.3f}"


def signed(value: float) -> str:
    """This will write a difference with its sign; what rounds to nothing has none.

    >>> signed(0.0214), signed(-0.5), signed(-0.0001)
    ('+0.021', '−0.500', '0.000')
    """  # noqa: RUF002 - a true minus sign lines up with the plus
    rounded = round(value, 3)
    if not rounded:
        return "0.000"
    return f"{'+' if rounded > 0 else MINUS}{abs(rounded):.3f}"


def milliseconds(value: float) -> str:
    """This will write a duration.

    >>> milliseconds(3.21), milliseconds(1234.5)
    ('3.2 ms', '1,234 ms')
    """
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.1f} ms"  # noqa: PLR2004 - three digits are enough


def share(part: int, whole: int) -> str:
    """This will write a share in percent.

    >>> share(1, 8), share(0, 0)
    ('12 %', '–')
    """  # noqa: RUF002 - the dash of an empty cell is meant
    return f"{100 * part / whole:.0f} %" if whole else EMPTY
