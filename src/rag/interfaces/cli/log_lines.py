"""Where do log lines go while a command runs?"""

import logging
import os
import sys

from rag.interfaces.cli.options import LOG_LEVEL_SETTING


def show_warnings_only() -> None:
    """This will send log lines to standard error, from warnings on, or from the level that was asked for.

    Standard output belongs to results alone.
    """
    import structlog  # noqa: PLC0415 - `rag --help` must not wait for it

    level = logging.getLevelNamesMapping()[os.environ.get(LOG_LEVEL_SETTING, "warning").upper()]
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
