"""Is a text read in whatever encoding, of those that people have, it was written?"""

import os
import time
from pathlib import Path

import pytest

from rag.adapters.parsers import html, plain_text
from rag.adapters.parsers.cleaning import clean
from rag.adapters.parsers.decoding import decode, looks_binary, marked_encoding
from rag.adapters.parsers.formats import Format, format_of, read
from rag.ports.parsing import UnsupportedFormatError

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("TEST_SHARED_DIR") or ROOT.parent / "shared") / "data/documents"
SECONDS = 10.0

GERMAN = "Die Größe des Gebäudes überrascht viele Besucher, die zum ersten Mal über die Brücke gehen.\n"
SPANISH = "Todos los seres humanos, dotados como están de razón y conciencia; ¿verdad, señor García?\n"
ENGLISH = (
    "The manager\u2019s \u201cannual\u201d report \u2013 it isn\u2019t finished; costs were £3.5m or €4m.\n"
)
RUSSIAN = "Все люди рождаются свободными и равными в своем достоинстве и правах, и наделены разумом.\n"  # noqa: RUF001  # letters of another script
CHINESE = "人人生而自由,在尊严和权利上一律平等。公司的员工手册规定了休假的天数和申请的流程。\n"
JAPANESE = "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。\n"
KOREAN = "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.\n"
GREEK = "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα.\n"  # noqa: RUF001  # letters of another script
ARABIC = "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق. وقد وهبوا عقلا وضميرا.\n"
WORDS = {
    "German": GERMAN,
    "English": ENGLISH,
    "Russian": RUSSIAN,
    "Chinese": CHINESE,
    "Japanese": JAPANESE,
    "Korean": KOREAN,
    "Greek": GREEK,
    "Arabic": ARABIC,
}


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS.keys())
@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"],
)
def test_unicode_is_read_with_and_without_a_mark(words: str, encoding: str) -> None:
    """Every form of Unicode, in both orders of bytes, is known by its mark or by its zeros."""
    content = (words * 3).encode(encoding)
    assert not looks_binary(content)
    assert clean(decode(content)) == clean(words * 3)


@pytest.mark.parametrize(
    ("words", "encoding"),
    [
        (GERMAN, "cp1252"),
        (GERMAN, "latin-1"),
        (SPANISH, "latin-1"),
        (ENGLISH, "cp1252"),
        (RUSSIAN, "koi8-r"),
        (RUSSIAN, "cp1251"),
        (CHINESE, "gb18030"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc-jp"),
        (JAPANESE, "iso-2022-jp"),
        (KOREAN, "euc-kr"),
        (GREEK, "cp1253"),
        (ARABIC, "cp1256"),
    ],
)
def test_older_encodings_are_told_by_their_bytes(words: str, encoding: str) -> None:
    """What was common before Unicode is recognised, with nothing stated."""
    content = (words * 3).encode(encoding)
    assert not looks_binary(content)
    assert decode(content) == words * 3


@pytest.mark.parametrize("stray", [b"\xff", b"\xc3", b"\x00", b"\x00\x00\x07"])
def test_a_stray_byte_costs_no_more_than_itself(stray: bytes) -> None:
    """One byte that does not belong changes neither the encoding nor the words around it."""
    content = (GERMAN * 2).encode() + stray + b"\n" + (GERMAN * 2).encode()
    assert not looks_binary(content)
    assert plain_text.read(content).text.replace("\ufffd", "").split() == (GERMAN * 4).split()


def test_a_text_that_is_cut_in_the_middle_of_a_character_is_read() -> None:
    """A file that ends within a character loses that one."""
    assert decode((GERMAN * 3).encode("utf-16-le")[:-1]).startswith(GERMAN)
    assert decode("Größe ".encode() * 20 + b"\xc3").startswith("Größe ")
    wide = (RUSSIAN * 800).encode("utf-16-be")
    assert marked_encoding(wide) == "utf-16-be"


def test_a_text_that_was_encoded_twice_is_mended() -> None:
    """UTF-8 that a program took for Latin-1 and encoded again is told by its control characters."""
    twice = (ENGLISH + GERMAN).encode().decode("latin-1").encode()
    assert decode(twice) == ENGLISH + GERMAN
    assert decode("Ã© stands for é".encode()) == "Ã© stands for é"


def test_a_page_that_only_says_that_it_is_wide_is_not_believed() -> None:
    """UTF-16 shows in the bytes; a statement alone is a mistake."""
    assert decode(GERMAN.encode("cp1252"), declared="utf-16") == GERMAN


def test_binary_content_is_no_text() -> None:
    """Zeros in great number, or any bytes at all, are taken for no encoding."""
    for content in (bytes(range(256)) * 40, b"\x00" * 500, b"\x00\x01\x00\x02\x00\x00\x00\x04" * 90):
        assert looks_binary(content)
        with pytest.raises(UnsupportedFormatError):
            format_of("a.txt", content)


@pytest.mark.parametrize("declared", ["punycode", "zip", "unicode_escape", "no\x00such", "nonsense", ""])
def test_a_declaration_that_names_no_encoding_of_texts_is_not_believed(declared: str) -> None:
    """A page cannot choose a codec that is none of texts."""
    assert decode(GERMAN.encode("cp1252"), declared=declared) == GERMAN


def test_the_declared_encoding_decides_where_bytes_do_not() -> None:
    """A page in an old encoding is read as it says; one that is UTF-8 all the same is read as that."""
    page = '<meta charset="{}"><p>Größe'
    assert html.read(page.format("iso-8859-1").encode("latin-1")).text == "Größe"
    assert html.read(page.format("iso-8859-1").encode()).text == "Größe"
    assert (
        html.read(page.format("gb2312").encode("ascii", errors="ignore") + "镕".encode("gbk")).text == "Gre镕"
    )


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared documents are not on this machine")
@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("txt-utf16.txt", Format.TEXT, "This is a test document"),
        ("txt-utf16be.txt", Format.TEXT, "This is a test document"),
        ("txt-utf32.txt", Format.TEXT, "This is a test document"),
        ("md-latin1-umlauts.md", Format.MARKDOWN, "können\n\nkönnen"),
        ("html-cp1252.html", Format.HTML, "My First Heading"),
        (
            "udhr-all-languages.txt",
            Format.TEXT,
            "Alle Menschen sind frei und gleich an Würde und Rechten geboren.",
        ),
        ("big-war-and-peace.txt", Format.TEXT, "Genoa and Lucca are now just family estates"),
    ],
)
def test_real_files_are_decoded(name: str, kind: Format, expected: str) -> None:
    """Real files in their encodings are read whole and soon, without a sign that stands for a lost one."""
    began = time.perf_counter()
    text = read(kind, (SHARED / "awkward" / name).read_bytes()).text
    assert time.perf_counter() - began < SECONDS
    assert expected in text
    assert "\ufffd" not in text
