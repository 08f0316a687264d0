"""What does an e-mail say, who wrote it to whom and when, and what came with it?"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from typing import Final, cast

from rag.adapters.parsers.cleaning import one_line
from rag.adapters.parsers.composing import TextComposer, metadata_of
from rag.adapters.parsers.decoding import decode, marked_encoding
from rag.adapters.parsers.described import primary_tag
from rag.adapters.parsers.eml_parts import STUMBLES, PartWriter
from rag.domain.documents import ParsedDocument
from rag.ports.parsing import EncryptedFileError, UnreadableFileError

MEDIA_TYPE: Final = "message/rfc822"
_SHOWN: Final = ("From", "To", "Cc", "Date")
_EXPECTED: Final = frozenset(
    {"from", "to", "subject", "date", "received", "message-id", "mime-version", "content-type", "return-path"}
)
_LONGEST_HEADER: Final = 4000
_MOST_HEADERS: Final = 1000
_NOT_ASCII: Final = re.compile("[\ud800-\udfff]")


def read(content: bytes) -> ParsedDocument:
    """This will read an e-mail: its subject, the lines that say who wrote when to whom, and its text once.

    Messages inside of it are sections, and so are texts that are attached; others are noted by name.

    Raises:
        EncryptedFileError: its text is encrypted for whom it was sent to.
        UnreadableFileError: it does not begin like an e-mail, or its parts are nested too deep.
    """
    message = _message(content)
    composer = TextComposer()
    writer = PartWriter(composer, write_top=_write_top)
    writer.write_message(message)
    if writer.encrypted and not writer.wrote_text:
        raise EncryptedFileError(
            "The e-mail is encrypted for the person it was sent to; decrypt it in a mail program first."
        )
    return ParsedDocument(
        text=composer.text,
        media_type=MEDIA_TYPE,
        title=header_of(message, "Subject") or None,
        headings=composer.headings,
        unbroken=composer.unbroken,
        language=primary_tag(header_of(message, "Content-Language").split(",")[0]),
        dated=_dated(header_of(message, "Date")),
        metadata=metadata_of(
            author=header_of(message, "From"),
            to=header_of(message, "To"),
            cc=header_of(message, "Cc"),
        ),
        notes=writer.notes,
    )


def header_of(message: EmailMessage, name: str) -> str:
    """This will give a header on one line, decoded as far as it can be, and bounded in length."""
    raw = next((str(value) for key, value in _raw_headers(message) if key.lower() == name.lower()), "")
    raw = _unfolded(raw[:_LONGEST_HEADER])
    try:
        return one_line(str(policy.default.header_factory(name, raw)))
    except (RecursionError, *STUMBLES):
        pass  # the library's reading is strict in places, where its older one is not
    try:
        return one_line(str(make_header(decode_header(raw))))
    except STUMBLES:
        return one_line(raw)


def _unfolded(raw: str) -> str:
    """Put a header on one line, and read the bytes in it that are no ASCII."""
    if _NOT_ASCII.search(raw):
        raw = decode(raw.encode("utf-8", errors="surrogateescape"))
    return " ".join(raw.splitlines())


class _BoundedPolicy(policy.EmailPolicy):
    """The library's modern reading of headers, which for some long ones would take for ever."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        """Read the beginning of a header; one that is broken in ways nobody foresaw stays as it is."""
        value = value[:_LONGEST_HEADER]
        try:
            return str(super().header_fetch_parse(name, value))
        except (RecursionError, *STUMBLES):
            return one_line(value)


def _raw_headers(message: EmailMessage) -> Iterator[tuple[str, object]]:
    for count, named in enumerate(message.raw_items()):
        if count >= _MOST_HEADERS:
            return
        yield named


def _message(content: bytes) -> EmailMessage:
    if marked_encoding(content) is not None:
        content = decode(content).encode()
    try:
        parser = BytesParser(EmailMessage, policy=_BoundedPolicy())
        message = cast("EmailMessage", parser.parsebytes(content.lstrip()))
    except RecursionError as error:
        raise UnreadableFileError("The parts of the e-mail are nested too deep.") from error
    except STUMBLES as error:
        raise UnreadableFileError(f"The e-mail is malformed: {error}") from error
    if _EXPECTED.isdisjoint(key.lower() for key, _ in _raw_headers(message)):
        raise UnreadableFileError("The file does not begin like an e-mail: it has no header.")
    return message


def _write_top(message: EmailMessage, composer: TextComposer, level: int) -> None:
    subject = header_of(message, "Subject") or ("Message" if level > 1 else "")
    composer.add_heading(subject, level=level)
    lines = ((name, header_of(message, name)) for name in _SHOWN)
    composer.add("\n".join(f"{name}: {line}" for name, line in lines if line))


def _dated(written: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(written)
    except STUMBLES:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
