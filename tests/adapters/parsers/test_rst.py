"""Is reStructuredText read as its reader sees it, with the names of whatever program it was written for?"""

import os
import re
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.adapters.parsers import rst
from rag.adapters.parsers.cleaning import clean
from tests.support.parsed import headings_of, unbroken_of

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("TEST_SHARED_DIR") or ROOT.parent / "shared") / "data/documents/good"
SECONDS = 15.0  # each takes a few at most on a quiet machine
MARKUP = re.compile(r"``|:\w+:`|\.\. \w+::|`_|^\.\. ", re.MULTILINE)

GUIDE = r"""
.. _top:

=======
Backups
=======

:Author: A. Writer
:Date: $Date: 2024-05-06 $
:orphan:

.. |version| replace:: **release** 1.2

.. index:: single: backup

They are *made* every night, see `the manual <https://example.org>`_, :ref:`restore`,
:func:`~disks.tape.wind` and |version| [#]_.

.. [#] A note at the foot.

#. First
#. Second

   with more

   - inner

term : kind
   meaning

-v, --verbose  Be loud.

.. note:: Mind this.

   And that.

.. versionadded:: 3.2
   The *thing*.

.. deprecated:: 3.1

.. seealso:: The :doc:`other page <other>`.

.. py:method:: wind(*args, **options)
   :noindex:

   Winds the tape.

   :param speed: how fast

.. code-block:: sh
   :linenos:
   :caption: On a shell

   rag backup

   rag list

.. A comment that nobody reads.

+------+------+
| name | size |
+======+======+
| a    | 1    |
+------+------+

.. list-table::
   :header-rows: 1

   * - one
     - two
   * - 3
     - 4

Lines::

    kept   as they are

.. _restore:

Restore & check
---------------

| In verse
| it stays.

.. new-thing:: Title of it
   :option: 1

   Words inside.
"""


def test_a_text_is_read_as_its_reader_sees_it() -> None:
    """Marks, comments and index entries are gone; everything else is there, in its order."""
    parsed = rst.read(GUIDE.encode())
    assert parsed.text == (
        "Backups\n\nThey are made every night, see the manual, Restore & check, wind and release 1.2 [1].\n\n"
        "[1] A note at the foot.\n1. First\n2. Second\nwith more\n  - inner\n\nterm : kind\nmeaning\n\n"
        "-v, --verbose  Be loud.\n\nNote: Mind this.\n\nAnd that.\n\nAdded in version 3.2: The thing.\n\n"
        "Deprecated since version 3.1.\n\nSee also: The other page.\n\nwind(*args, **options)\n\n"
        "Winds the tape.\n\nparam speed: how fast\n\nOn a shell\n\nrag backup\n\nrag list\n\n"
        "name | size\na | 1\n\none | two\n3 | 4\n\nLines:\n\nkept   as they are\n\nRestore & check\n\n"
        "In verse\nit stays.\n\nTitle of it\n\nWords inside."
    )
    assert headings_of(parsed) == [(1, "Backups"), (2, "Restore & check")]
    assert unbroken_of(parsed) == [
        "rag backup\n\nrag list",
        "name | size\na | 1",
        "one | two\n3 | 4",
        "kept   as they are",
    ]


def test_the_fields_at_the_top_describe_the_document() -> None:
    """Author and date are taken from the fields under the title."""
    parsed = rst.read(GUIDE.encode())
    assert parsed.title == "Backups"
    assert parsed.dated == datetime(2024, 5, 6, tzinfo=UTC)
    assert parsed.metadata == {"author": "A. Writer"}
    assert parsed.notes == ()


def test_fields_that_are_text_stay_in_the_text() -> None:
    """An abstract of a paragraph is read where it stands."""
    parsed = rst.read(f":Abstract: {'Many words. ' * 40}\n:Version: 2\n\nMore.".encode())
    assert parsed.text.startswith("Abstract: Many words.")
    assert parsed.metadata == {"version": "2"}


@pytest.mark.parametrize("directive", ["include", "literalinclude", "automodule", "INCLUDE"])
def test_nothing_from_elsewhere_is_read(tmp_path: Path, directive: str) -> None:
    """A file that the text names is not opened, and the text says so."""
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret")
    parsed = rst.read(f"Words.\n\n.. {directive}:: {secret}\n   :encoding: utf-8\n".encode())
    assert parsed.text == "Words."
    assert parsed.notes == (f"What the directive {directive} would bring from {secret} was not read.",)


def test_tables_and_markup_from_elsewhere_are_left_out(tmp_path: Path) -> None:
    """A table from a file is noted; markup for another program is no text."""
    secret = tmp_path / "secret.csv"
    secret.write_text("a secret")
    source = f"Words.\n\n.. csv-table:: T\n   :file: {secret}\n\n.. raw:: html\n   :file: {secret}\n"
    parsed = rst.read(source.encode())
    assert parsed.text == "Words."
    assert parsed.notes == ("A table that would be brought from another file was not read.",)
    inline = ".. role:: raw-html(raw)\n   :format: html\n\nA\\ :raw-html:`<br>`\\ B"
    assert rst.read(inline.encode()).text == "AB"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("An `open mark and *another", "An `open mark and *another"),
        ("A |name| without meaning, and a link_ to nowhere", "A name without meaning, and a link to nowhere"),
        ("=====  ==\nbroken table\n=====", "broken table"),
        (".. image:: x.png\n   :alt: A cat on a mat\n   :nonsense: 1", "A cat on a mat"),
        (".. note::\n   :nonsense: 1\n\n   Kept.", "Kept."),
        ("Title\n==\n\nText", "Text"),
        ("A\n=\n\n.. only:: html\n\n   B\n   -\n\n   Inside.", "Inside."),
        (":unknown:role:`words` and :py:class:`!a.B`", "words and a.B"),
        ("a\n\n   b\n  c\n", "c"),
    ],
)
def test_what_is_broken_keeps_its_words(source: str, words: str) -> None:
    """What the library can make no sense of is read as it stands; nothing is printed between."""
    parsed = rst.read(source.encode())
    assert words in parsed.text
    assert "System Message" not in parsed.text


def test_a_role_of_one_file_means_nothing_in_the_next() -> None:
    """What a file says about names does not change how other files are read."""
    rst.read(b".. role:: func(raw)\n   :format: html\n.. default-role:: literal\n\n:func:`x`")
    assert rst.read(b"Call :func:`run` and `that`.").text == "Call run and that."


HOSTILE: dict[str, Callable[[], str]] = {
    "backquotes": lambda: "`" * 1_000_000,
    "lines of backquotes": lambda: ("`" * 70 + "\n") * 14_000,
    "open marks": lambda: ("`a *b **c |d " * 5 + "\n\n") * 1_500,
    "nested lists": lambda: "- " * 5_000 + "hello",
    "nested quotes": lambda: "\n\n".join(" " * depth + "x" for depth in range(400)),
    "nested directives": lambda: "\n\n".join("   " * depth + ".. note::" for depth in range(300)),
    "names that multiply": lambda: f".. |a| replace:: {'x' * 900}\n\n" + ("|a| " * 20 + "\n\n") * 2_000,
    "names in names": lambda: (
        "\n".join(f".. |a{i}| replace:: {f'|a{i + 1}| ' * 50}" for i in range(20)) + "\n\n|a0|"
    ),
    "a drawn table": lambda: "+---+---+\n" + "| a | b |\n+---+---+\n" * 10_000,
    "colons": lambda: ":a" * 9_000 + ":`" + "\n\n" + "::" * 9_000,
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_text_that_was_made_to_be_slow_ends(source: Callable[[], str]) -> None:
    """Depth, repetition and size are bounded; what goes beyond is read as plain text, with a note."""
    began = time.perf_counter()
    text = source()
    parsed = rst.read(text.encode())
    assert time.perf_counter() - began < SECONDS
    assert len(parsed.text) <= 4 * len(text) + 1000


PIECES = (
    *(
        "A",
        "=",
        "==\n",
        "\n\n",
        "   ",
        "* ",
        "- ",
        "1. ",
        "a) ",
        ".. ",
        "|x|",
        "x_",
        "`",
        "``",
        ":ref:`",
        ":",
    ),
    *(
        "::",
        "note::",
        "code::\n\n",
        "replace:: b",
        "+--+--+\n",
        "| a|b |\n",
        "_a:",
        "[#]_",
        "[1] ",
        "__",
        "é",
    ),
    *("list-table::\n\n", "figure:: x", "role:: y(raw)", "== ==\n", "-a  b\n", ">>> ", "\\", "<a>`_"),
)


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_any_text_is_read_cleanly(source: str) -> None:
    """Whatever stands in it, the text is clean and its offsets are within it."""
    parsed = rst.read(source.encode())
    assert parsed.text == clean(parsed.text)
    headings_of(parsed)
    assert all(0 <= start < end <= len(parsed.text) for start, end in parsed.unbroken)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared documents are not on this machine")
@pytest.mark.parametrize(
    ("name", "title", "headings"),
    [
        ("python-howto-regex.rst.txt", "Regular Expression HOWTO", 25),
        ("python-tutorial-classes.rst.txt", "Classes", 18),
    ],
)
def test_real_chapters_are_read_whole(name: str, title: str, headings: int) -> None:
    """Of two chapters of a manual no paragraph is lost, no mark is left, and every section is found."""
    source = (SHARED / name).read_text(encoding="utf-8")
    parsed = rst.read(source.encode())
    assert parsed.title == title
    assert len(parsed.headings) == headings
    assert MARKUP.search(parsed.text) is None
    missing = Counter(re.findall(r"\w{5,}", source)) - Counter(re.findall(r"\w{5,}", parsed.text))
    # Names of roles, labels and one comment are all that goes.
    assert sum(missing.values()) < 0.03 * len(source.split())
