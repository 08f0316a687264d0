"""How are log lines written? As one JSON object a line, on standard error."""

import logging
import sys
from typing import Final

import structlog
from structlog.typing import FilteringBoundLogger, Processor

LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
_SHARED: Final[tuple[Processor, ...]] = (
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    # A plain traceback: the structured one would print local variables, and so questions and keys.
    structlog.processors.format_exc_info,
)


def logger() -> FilteringBoundLogger:
    """This will give a logger whose lines carry their event's name and named values."""
    log: FilteringBoundLogger = structlog.get_logger()
    return log


def configure_logging(level: str) -> None:
    """This will send our lines and the libraries' to standard error; `level` is the least that is shown."""
    structlog.configure(
        processors=[*_SHARED, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *_SHARED],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # Libraries speak up only when something is wrong: their every request would drown ours.
    root.setLevel(max(LEVELS[level], logging.WARNING))
