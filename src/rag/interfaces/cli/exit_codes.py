"""Which exit code does a command end with?"""

from typing import Final

from rag.domain.errors import InvalidInputError, RagError

OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130  # what a shell reports for Ctrl-C

# The nearest class up the family tree counts, so that a new error has an exit code from its first day.
EXIT_CODES: Final[dict[type[RagError], int]] = {
    RagError: FAILED,
    InvalidInputError: USAGE,
}


def exit_code_of(error_class: type[RagError]) -> int:
    """This will give the exit code of a command that ends with this error.

    >>> exit_code_of(InvalidInputError)
    2
    """
    return next(EXIT_CODES[ancestor] for ancestor in error_class.__mro__ if ancestor in EXIT_CODES)
