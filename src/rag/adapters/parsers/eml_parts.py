"""Which parts of an e-mail are its text, and what do the others hold?"""

from collections.abc import Callable
from email.errors import MessageError
from email.message import EmailMessage, Message
from typing import Final

from rag.adapters.parsers.cleaning import has_words, one_line
from rag.adapters.parsers.composing import TextComposer
from rag.adapters.parsers.decoding import decode, looks_binary
from rag.adapters.parsers.eml_text import plain_words, without_encrypted
from rag.adapters.parsers.html import add_fragment

_MOST_PARTS: Final = 1000
_DEEPEST: Final = 40
_MOST_NOTES: Final = 50
_LARGEST_TEXT: Final = 4 * 2**20
_LONGEST_NAME: Final = 200
_SIGNATURES: Final = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)
_SMIME: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_READ_AS_TEXT: Final = frozenset(
    {"text/plain", "text/markdown", "text/x-markdown", "text/html", "text/csv", "text/enriched", "text/x-log"}
)
# A plain text so much shorter than the HTML beside it only says that there is HTML.
_SO_MUCH_SHORTER: Final = 10
_KILO: Final = 1000
# What the library fails with where a header is broken in a way that it did not foresee.
STUMBLES: Final = (AttributeError, LookupError, TypeError, ValueError, MessageError)

WriteTop = Callable[[EmailMessage, TextComposer, int], None]


class PartWriter:
    """Writes an e-mail's parts into a composer, each text once, and remembers what was left out."""

    def __init__(self, composer: TextComposer, *, write_top: WriteTop) -> None:
        self._composer = composer
        self._write_top = write_top
        self._notes: dict[str, None] = {}
        self._unnoted = 0
        self._parts = 0
        self._level = 0
        self._depth = 0
        self.encrypted = False
        self.wrote_text = False

    @property
    def notes(self) -> tuple[str, ...]:
        """What of the e-mail is not in the text."""
        more = (f"{self._unnoted} more attachments were not read.",) if self._unnoted else ()
        secret = ("A part of the e-mail is encrypted and was not read.",) if self.encrypted else ()
        return (*self._notes, *more, *secret)

    def write_message(self, message: EmailMessage) -> None:
        """This will write a message as a section of its own, with those inside of it.

        Raises:
            UnreadableFileError: elements of its HTML are nested too deep.
        """
        self._level += 1
        self._write_top(message, self._composer, self._level)
        self._write(message)
        self._level -= 1

    def _write(self, part: Message) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS or self._depth > _DEEPEST:
            self._notes["The e-mail has more parts than we read; the rest of them was not read."] = None
            return
        self._depth += 1
        try:
            self._write_kind(part, part.get_content_type())
        except STUMBLES:
            self._notes["A part of the e-mail is malformed and was not read."] = None
        self._depth -= 1

    def _write_kind(self, part: Message, kind: str) -> None:
        if kind == "multipart/encrypted" or kind in _SMIME:
            self._write_secret(part)
        elif kind == "message/rfc822":
            self._write_inner(part)
        elif part.is_multipart():
            self._write_parts(part, kind)
        elif kind not in _SIGNATURES:
            # What is called many parts and has none, for want of a boundary, is plain text.
            self._write_leaf(part, "text/plain" if kind.startswith("multipart/") else kind)

    def _write_secret(self, part: Message) -> None:
        if part.get_param("smime-type") == "signed-data":
            self._notes["The text is packed together with its signature (S/MIME) and was not read."] = None
        else:
            self.encrypted = True

    def _write_inner(self, part: Message) -> None:
        inner = _children(part)
        if inner and isinstance(inner[0], EmailMessage):
            self.write_message(inner[0])
        else:
            self._note(part)

    def _write_parts(self, part: Message, kind: str) -> None:
        children = _children(part)
        if kind == "multipart/alternative":
            children = _best_of(children)
        for child in children:
            self._write(child)

    def _write_leaf(self, part: Message, kind: str) -> None:
        attached = part.get_content_disposition() == "attachment" or part.get_filename() is not None
        content = _bytes_of(part) if kind in _READ_AS_TEXT else b""
        if kind not in _READ_AS_TEXT or len(content) > _LARGEST_TEXT or looks_binary(content):
            self._note(part)
            return
        if attached:
            self._composer.add_heading(_name_of(part), level=self._level + 1)
        self._write_words(part, content)

    def _write_words(self, part: Message, content: bytes) -> None:
        before = len(self._composer.text)
        if part.get_content_type() == "text/html":
            add_fragment(_decoded(part, content), self._composer)
        else:
            words, secret = without_encrypted(_decoded(part, content))
            self.encrypted = self.encrypted or secret
            self._composer.add(plain_words(words, part))
        self.wrote_text = self.wrote_text or has_words(self._composer.text[before:])

    def _note(self, part: Message) -> None:
        if len(self._notes) >= _MOST_NOTES:
            self._unnoted += 1
            return
        self._notes[f"The attachment {_name_of(part)} ({_size_of(part)}) was not read."] = None


def _best_of(alternatives: list[Message]) -> list[Message]:
    """Choose one of several forms of the same text: the plain one, unless it is a mere word on the other."""
    plain = next((one for one in alternatives if one.get_content_type() == "text/plain"), None)
    others = [one for one in alternatives if one.get_content_type() != "text/plain"]
    rich = next((one for one in reversed(others) if one.is_multipart() or _is_html(one)), None)
    if plain is None or rich is None:
        return [one for one in (plain, rich) if one is not None] or alternatives[-1:]
    words = _decoded(plain, _bytes_of(plain))
    if not has_words(words):
        return [rich]
    if _is_html(rich):
        seen = TextComposer()
        add_fragment(_decoded(rich, _bytes_of(rich)), seen)
        if len(seen.text) > _SO_MUCH_SHORTER * len(words):
            return [rich]
    return [plain, *(one for one in others if one.get_content_disposition() == "attachment")]


def _is_html(part: Message) -> bool:
    return part.get_content_type() == "text/html" and part.get_content_disposition() != "attachment"


def _children(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [child for child in payload if isinstance(child, Message)] if isinstance(payload, list) else []


def _bytes_of(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _decoded(part: Message, content: bytes) -> str:
    return decode(content, declared=part.get_content_charset())


def _name_of(part: Message) -> str:
    kind = part.get_content_type()
    return one_line(part.get_filename() or f"without a name, of type {kind}")[:_LONGEST_NAME]


def _size_of(part: Message) -> str:
    size = len(_bytes_of(part)) or len(str(part.get_payload()))
    return f"{size} bytes" if size < _KILO else f"{round(size / _KILO)} kB"
