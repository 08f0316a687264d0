"""Are separated values read whatever parts them, and whatever is wrong with their quotation marks?"""

import time

import pytest

from rag.adapters.parsers import csv_table
from rag.adapters.parsers.csv_table import delimiter_of
from rag.ports.parsing import FileTooLargeError

LINES = ["Part: Bolt; Price: 1,50", "Part: Nut, hex; Price: 0,20"]


def read_lines(text: str) -> list[str]:
    """Read a file and give its lines."""
    return csv_table.read(text.encode()).text.split("\n")


@pytest.mark.parametrize(
    "text",
    [
        'Part,Price\nBolt,"1,50"\n"Nut, hex","0,20"\n',
        "Part;Price\nBolt;1,50\nNut, hex;0,20\n",
        "Part\tPrice\r\nBolt\t1,50\r\nNut, hex\t0,20\r\n",
        "Part|Price\nBolt|1,50\nNut, hex|0,20",
        "sep=;\nPart;Price\n\nBolt;1,50\nNut, hex;0,20",
    ],
    ids=["comma", "semicolon", "tab", "bar", "stated"],
)
def test_the_separator_is_found(text: str) -> None:
    """Commas, semicolons, tabs and bars part values, whichever parts the lines most evenly."""
    assert read_lines(text) == LINES


def test_one_column_is_lines() -> None:
    """A list without separators keeps its lines, and commas within single lines part nothing else."""
    assert read_lines("alpha\nbeta\ngamma") == ["alpha", "beta", "gamma"]
    assert delimiter_of("a,b;c\nd,e\nf,g\n") == ","
    assert delimiter_of("") == ","


def test_rows_of_words_without_a_header() -> None:
    """A first row whose words are values of their columns too is no header."""
    assert read_lines("Berlin,Germany,Europe\nParis,France,Europe\n")[0] == "Berlin | Germany | Europe"


def test_values_may_hold_line_breaks_and_separators() -> None:
    """What stands in quotation marks is one value, on one line of the text."""
    text = 'Name,Note,Age\nAnna,"first\nsecond, third",41\nBeat,"said ""no""",7\n'
    assert read_lines(text) == [
        "Name: Anna; Note: first second, third; Age: 41",
        'Name: Beat; Note: said "no"; Age: 7',
    ]
    assert csv_table.read(text.encode()).notes == ()
    assert read_lines('a,b\n"Best" pipe,5\n') == ["a: Best pipe; b: 5"]


@pytest.mark.parametrize(
    "broken",
    [
        'Name,Note,Age\nAnna,"no end,41\nBeat,fine,7\nCarl,fine,8\n',
        'Name,Note,Age\nAnna,"no end,41\nBeat,fine,7\nCarl,fine",8\n',
    ],
    ids=["to the end", "to another mark"],
)
def test_a_broken_quotation_mark_swallows_no_rows(broken: str) -> None:
    """A mark that is never closed, or only some rows below, is read as a letter, and a note says where."""
    parsed = csv_table.read(broken.encode())
    assert parsed.text.startswith(
        'Name: Anna; Note: "no end; Age: 41\nName: Beat; Note: fine; Age: 7\nName: Carl; '
    )
    assert parsed.notes == ("A quotation mark in line 2 has no end, so that line was read as it stands.",)


def test_many_broken_marks_are_read_in_one_go() -> None:
    """A file full of single quotation marks keeps all its lines and is read in time."""
    began = time.process_time()
    parsed = csv_table.read(b"size,inch\n" + b'pipe,"5\n' * 20_001)
    assert time.process_time() - began < 5
    assert parsed.text.count("pipe") == 20_001
    assert parsed.notes[-1] == "From line 22 on, quotation marks are read as they stand."


def test_encodings_and_media_types() -> None:
    """Files of Excel in UTF-16 and of old Windows are decoded; the separator decides the media type."""
    parsed = csv_table.read("Name\tGröße\nAnna\t170\n".encode("utf-16"))
    assert (parsed.text, parsed.media_type) == ("Name: Anna; Größe: 170", "text/tab-separated-values")
    parsed = csv_table.read("Name;Größe\nAnna;170\n".encode("cp1252"))
    assert (parsed.text, parsed.media_type) == ("Name: Anna; Größe: 170", "text/csv")


def test_large_values_and_too_many() -> None:
    """A value of a million characters is read; more cells than two million are refused."""
    assert len(csv_table.read(b"a,b\n" + b"x" * 1_000_000 + b",1\n").text) > 1_000_000
    began = time.process_time()
    with pytest.raises(FileTooLargeError, match="more than 2,000,000 cells"):
        csv_table.read(b"," * 3_000_000)
    assert time.process_time() - began < 3


def test_a_long_file_is_read_quickly() -> None:
    """Some hundred thousand cells take few seconds, and each line names its values."""
    began = time.process_time()
    parsed = csv_table.read(b"name,count,place\n" + b"bolt,12,Bern\n" * 100_000)
    assert parsed.text.endswith("name: bolt; count: 12; place: Bern")
    assert time.process_time() - began < 6
