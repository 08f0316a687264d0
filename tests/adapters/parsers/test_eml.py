"""Are e-mails read once, whole, and with what came along?"""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.adapters.parsers import eml
from rag.adapters.parsers.cleaning import clean
from rag.adapters.parsers.eml_text import unflow
from rag.domain.documents import ParsedDocument
from rag.domain.errors import RagError
from rag.ports.parsing import EncryptedFileError, UnreadableFileError

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("TEST_SHARED_DIR") or ROOT.parent / "shared") / "data/documents"
SECONDS = 5.0  # each takes well below three on a busy machine
PGP = "-----BEGIN PGP MESSAGE-----\nVersion: 2\n\nhIwDY32hYGCE8MkBA\n-----END PGP MESSAGE-----\n"


def written(body: str = "Words.\n", **headers: str) -> EmailMessage:
    """Write an e-mail with a plain text."""
    message = EmailMessage()
    for name, value in ({"From": "Jörg <j@example.org>", "Subject": "Größe des Budgets"} | headers).items():
        message[name] = value
    message.set_content(body)
    return message


def read_lines(*lines: str) -> ParsedDocument:
    """Read an e-mail that is given line by line."""
    return eml.read("\n".join(lines).encode("utf-8", errors="surrogateescape"))


def test_an_e_mail_is_read_with_its_header() -> None:
    """Subject, people and date stand at the top of the text, and beside it as fields."""
    message = written(
        "Hello,\n\nsee below.\n\n> older words\n",
        To="A <a@example.org>, b@example.org",
        Cc="c@example.org",
        Date="Fri, 16 Dec 2022 17:04:16 +0100",
    )
    message["Content-Language"] = "de-AT"
    parsed = eml.read(bytes(message))
    assert parsed.text == (
        "Größe des Budgets\n\nFrom: Jörg <j@example.org>\nTo: A <a@example.org>, b@example.org\n"
        "Cc: c@example.org\nDate: Fri, 16 Dec 2022 17:04:16 +0100\n\n"
        "Hello,\n\nsee below.\n\n> older words"
    )
    assert parsed.title == "Größe des Budgets"
    assert parsed.dated == datetime(2022, 12, 16, 17, 4, 16, tzinfo=timezone(timedelta(hours=1)))
    assert parsed.language == "de"
    assert parsed.metadata == {
        "author": "Jörg <j@example.org>",
        "to": "A <a@example.org>, b@example.org",
        "cc": "c@example.org",
    }


def test_the_same_text_in_two_forms_is_read_once() -> None:
    """Of a text that comes plain and as HTML, the plain one is read; HTML alone is read as such."""
    message = written("The plain words.")
    message.add_alternative("<p>The <b>plain</b> words.</p>", subtype="html")
    assert eml.read(bytes(message)).text.count("words") == 1
    alone = written()
    alone.set_content("<h2>Head</h2><p>The <i>rich</i> words.</p>", subtype="html")
    parsed = eml.read(bytes(alone))
    assert parsed.text.endswith("Head\n\nThe rich words.")
    assert [(one.level, one.title) for one in parsed.headings] == [(1, "Größe des Budgets"), (2, "Head")]


def test_a_plain_text_that_only_points_to_the_other_gives_way() -> None:
    """Where the plain form says no more than that there is HTML, the HTML is read."""
    message = written("Your program shows no HTML.")
    message.add_alternative(f"<p>{'The real words of it. ' * 40}</p>", subtype="html")
    text = eml.read(bytes(message)).text
    assert "The real words" in text
    assert "Your program" not in text


def test_what_came_along_is_read_or_noted() -> None:
    """Texts and messages that are attached become sections; other files are noted by name and size."""
    message = written("See the files.")
    message.add_attachment(b"x" * 12_000, maintype="application", subtype="pdf", filename="Übersicht.pdf")
    message.add_attachment("The minutes.", filename="minutes.txt")
    message.add_attachment("<p>The <b>page</b>.</p>", subtype="html", filename="page.html")
    inner = written("The inner words.", Subject="Forwarded")
    inner.add_attachment(b"y", maintype="image", subtype="png", filename="logo.png")
    message.add_attachment(inner)
    parsed = eml.read(bytes(message))
    assert "minutes.txt\n\nThe minutes.\n\npage.html\n\nThe page.\n\nForwarded\n\nFrom: " in parsed.text
    assert parsed.text.endswith("The inner words.")
    assert [(one.level, one.title) for one in parsed.headings][1:] == [
        (2, "minutes.txt"),
        (2, "page.html"),
        (2, "Forwarded"),
    ]
    assert parsed.notes == (
        "The attachment Übersicht.pdf (12 kB) was not read.",
        "The attachment logo.png (1 bytes) was not read.",
    )


@pytest.mark.parametrize(
    "lines",
    [
        (
            "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m",
            "",
            "MIAGCSqGSIb3",
        ),
        ("Content-Type: application/x-pkcs7-mime", "", "MIAGCSqGSIb3"),
        ("Content-Type: multipart/encrypted; boundary=b", "", "--b", "", "Version: 1", "--b--"),
        ("Content-Type: text/plain", "", PGP),
    ],
    ids=["S/MIME", "S/MIME of old", "PGP/MIME", "PGP in the text"],
)
def test_an_encrypted_e_mail_is_named_as_such(lines: tuple[str, ...]) -> None:
    """What only its receiver can decrypt is refused, with what to do."""
    with pytest.raises(EncryptedFileError, match="decrypt it in a mail program"):
        read_lines("From: a@example.org", "Subject: Secret", *lines)


def test_what_is_beside_an_encrypted_part_is_read() -> None:
    """Words outside of the encrypted block are kept, with a note; marks of a signature are no text."""
    parsed = eml.read(bytes(written(f"In the open.\n\n{PGP}")))
    assert parsed.text.endswith("In the open.")
    assert parsed.notes == ("A part of the e-mail is encrypted and was not read.",)
    signed = (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\nWords.\n"
        "-----BEGIN PGP SIGNATURE-----\nab\n-----END PGP SIGNATURE-----\n"
    )
    assert eml.read(bytes(written(signed))).text.endswith("example.org>\n\nWords.")


def test_flowed_lines_are_joined() -> None:
    """A line that ends with a space goes on in the next one of the same depth."""
    parsed = read_lines(
        *("From: a@example.org", "Content-Type: text/plain; format=flowed; delsp=yes", ""),
        *("A long li ", "ne of words.", "> quoted li ", "> ne", "-- ", "Me"),
    )
    assert parsed.text.endswith("A long line of words.\n> quoted line\n-- \nMe")
    assert unflow(" >no quote \n > either") == ">no quote > either"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("Content-Type: text/plain; charset=nonsense", "", "Größe"), "Größe"),
        (
            ('Content-Type: text/plain; charset = "UTF-8"Content-Transfer-Encoding: 8bit', "", "Größe"),
            "Größe",
        ),
        (("Content-Transfer-Encoding: base64", "", "SGVsbG8gd29ybGQ!!="), "Hello world"),
        (("Content-Transfer-Encoding: quoted-printable", "", "Gr=C3=B6=DF=ZZe"), "Gr"),
        (("Content-Type: multipart/mixed", "", "Words without a boundary."), "Words without a boundary."),
        (("Content-Type: multipart/mixed; boundary=b", "", "--b", "", "An open end."), "An open end."),
        (("Content-Type: text/plain; charset=utf-7", "", "Gr+APYA3w-e"), "Größe"),
    ],
)
def test_what_is_broken_is_read_as_far_as_it_goes(lines: tuple[str, ...], expected: str) -> None:
    """Wrong encodings and missing ends cost no more than what they concern."""
    assert expected in read_lines("From: a@example.org", *lines).text


def test_a_header_in_bytes_of_an_old_encoding_is_read() -> None:
    """A subject that is neither ASCII nor encoded is read by its bytes."""
    parsed = eml.read("From: Jörg <j@example.org>\nSubject: Größe\n\nÜbel".encode("latin-1"))
    assert (parsed.title, parsed.metadata["author"]) == ("Größe", "Jörg <j@example.org>")
    assert parsed.text.endswith("Übel")


def test_a_name_in_an_encoded_word_is_decoded() -> None:
    """The name of an attachment is shown as its writer saw it."""
    parsed = read_lines(
        *("From: a@example.org", "Content-Type: application/zip; name=a"),
        *('Content-Disposition: attachment; filename="=?utf-8?q?=C3=9Cbersicht.zip?="', "", "x"),
    )
    assert parsed.notes == ("The attachment Übersicht.zip (1 bytes) was not read.",)


def test_a_file_without_a_header_is_no_e_mail() -> None:
    """A text that is only named like an e-mail is refused with the reason."""
    with pytest.raises(UnreadableFileError, match="does not begin like an e-mail"):
        eml.read(b"Just some words\nand more of them.")


def test_a_date_without_a_zone_is_in_utc() -> None:
    """The zone -0000 says that none is known; a date that is none is left out."""
    dated = read_lines("From: a", "Date: Fri, 16 Dec 2022 17:04:16 -0000", "", "Words.").dated
    assert dated == datetime(2022, 12, 16, 17, 4, 16, tzinfo=UTC)
    assert read_lines("From: a", "Date: yesterday", "", "Words.").dated is None


def nested(depth: int) -> str:
    """Nest parts in each other."""
    part = "Content-Type: text/plain\n\nthe end\n"
    for place in range(depth):
        part = f'Content-Type: multipart/mixed; boundary="b{place}"\n\n--b{place}\n{part}\n--b{place}--\n'
    return f"From: a@example.org\n{part}"


HOSTILE: dict[str, Callable[[], str]] = {
    "parts": lambda: "From: a\nContent-Type: multipart/mixed; boundary=b\n\n" + "--b\n\nhello\n" * 10_000,
    "depth": lambda: nested(500),
    "messages": lambda: "From: a\nContent-Type: message/rfc822\n\n" * 500 + "Subject: end\n\nend",
    "headers": lambda: "From: a\n" + "X-Header: y\n" * 100_000 + "\nhello",
    "receivers": lambda: f"To: {', '.join(['a@example.org'] * 50_000)}\n\nhello",
    "brackets": lambda: f"To: {'(' * 200_000}\nContent-Type: {'(' * 200_000}\n\nhello",
    "parameters": lambda: f"From: a\nContent-Type: text/plain; {'a=b; ' * 50_000}\n\nhello",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_an_e_mail_that_was_made_to_be_slow_ends_quickly(content: Callable[[], str]) -> None:
    """Thousands of parts, levels, headers or parameters are bounded, with a note where words are left out."""
    began = time.perf_counter()
    parsed = eml.read(content().encode())
    assert time.perf_counter() - began < SECONDS
    assert "hello" in parsed.text or "more parts than we read" in parsed.notes[0]


PIECES = (
    *(
        "From: a@b",
        "Content-Type: ",
        "multipart/mixed;",
        "multipart/alternative;",
        " boundary=b",
        "--b",
        "--b--",
    ),
    *(
        "",
        "text/html",
        "message/rfc822",
        "Content-Transfer-Encoding: base64",
        "=?utf-8?q?=ff?=",
        "words",
        "é",
    ),
    *("Content-Disposition: attachment; filename*0*=utf-8''%ff", "Subject: \udcff", "\t\x00(", "; charset="),
    *("Content-Type: text/plain; charset*=x", "<p>", "Date: 99", 'To: "a@;:<>,\\'),
)


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30), st.sampled_from(["\n", "\r\n", ""]))
def test_any_e_mail_gives_clean_text_or_our_error(pieces: list[str], between: str) -> None:
    """Whatever arrives, the text is clean, or the error is ours and no failure of the library's."""
    content = "From: a@b\n" + between.join(pieces)
    try:
        parsed = eml.read(content.encode("utf-8", errors="surrogateescape"))
    except RagError:
        return
    assert parsed.text == clean(parsed.text)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared documents are not on this machine")
def test_real_e_mails_are_read() -> None:
    """An e-mail from a web mailer, one with broken headers and an encrypted one end as they should."""
    assert "There will be face painting" in eml.read((SHARED / "good/family-day.eml").read_bytes()).text
    broken = eml.read((SHARED / "awkward/eml-malformed-encoding.eml").read_bytes())
    assert broken.text.count("Roses are red") == 1
    with pytest.raises(EncryptedFileError):
        eml.read((SHARED / "awkward/eml-encrypted.eml").read_bytes())
