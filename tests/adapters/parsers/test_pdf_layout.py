"""Are columns, tables and stacked cells of a PDF read as a person reads them?"""

from rag.adapters.parsers import pdf as pdf_reader
from tests.adapters.parsers.written_pdf import placed_pdf

LEFT = [
    "The committee met early in the spring",
    "to look at the figures of the year that",
    "had passed, and it found that all of the",
    "bridges had cost more than was planned,",
    "which nobody had expected so very soon.",
    "It was decided to go on with the work.",
]
RIGHT = [
    "Nobody in the town had heard of any of",
    "these plans before the summer, when the",
    "first of the old houses near the harbour",
    "was sold to a company from the capital,",
    "and the people began to ask each other",
    "who would own the rest of the old town.",
]
LEADING = 14


def rows(*columns: list[str], lefts: tuple[float, ...]) -> list[tuple[float, float, str]]:
    """Place columns line by line: the first line of each, then the second of each."""
    return [
        (left, 700 - LEADING * line, column[line])
        for line in range(max(map(len, columns)))
        for column, left in zip(columns, lefts, strict=True)
        if line < len(column) and column[line]
    ]


def test_columns_written_row_by_row_are_read_one_after_the_other() -> None:
    """Two columns of prose whose lines the file gives in turn are read as two paragraphs."""
    parsed = pdf_reader.read(placed_pdf(rows(LEFT, RIGHT, lefts=(40, 260))))
    assert parsed.text.split("\n") == [" ".join(LEFT), " ".join(RIGHT)]
    assert parsed.unbroken == ()


def test_columns_with_a_narrow_gutter_are_found_too() -> None:
    """A gutter hardly wider than a space is seen because it goes on from line to line."""
    wide = [(40.0, 700.0 - LEADING * at, line) for at, line in enumerate(LEFT)]
    beside = [(237.0, 700.0 - LEADING * at, line) for at, line in enumerate(RIGHT)]
    pieces = [piece for pair in zip(wide, beside, strict=True) for piece in pair]
    assert "to a company from the capital, and the people" in pdf_reader.read(placed_pdf(pieces)).text


def test_a_justified_line_is_no_row() -> None:
    """Space that was stretched behind the end of a sentence makes no cells of prose."""
    pieces = [(40.0, 700.0, "The work went on."), (150.0, 700.0, "Nobody minded it."), (40.0, 686.0, LEFT[0])]
    text = pdf_reader.read(placed_pdf(pieces)).text
    assert "went on. Nobody" in text


def test_columns_written_one_after_the_other_stay() -> None:
    """Columns that the file already gives in their order are not touched."""
    pieces = rows(LEFT, lefts=(40,)) + rows(RIGHT, lefts=(260,))
    text = pdf_reader.read(placed_pdf(pieces)).text
    assert text.index("go on with the work.") < text.index("Nobody in the town")
    assert " | " not in text


def test_long_explanations_beside_labels_are_no_columns() -> None:
    """A column of labels has holes where the one beside it goes on; such rows stay side by side."""
    labels = [
        "Growth of seats that companies pay for",
        *[""] * 5,
        "Growth of what people pay for a year",
        *[""] * 5,
    ]
    text = pdf_reader.read(placed_pdf(rows(labels, LEFT + RIGHT, lefts=(40, 260)))).text
    assert text.startswith(f"{labels[0]} | {LEFT[0]}")
    assert text.index("go on with the work.") < text.index(f"{labels[6]} | {RIGHT[0]}")


def test_a_table_of_words_and_numbers_keeps_its_rows() -> None:
    """Each row is one line with its cells parted, the header with them, and all of it stays together."""
    names = ["Country", "Austria", "Belgium", "Czech Republic"]
    people = ["People", "8.9", "11.5", "10.7"]
    towns = ["Capital", "Vienna", "Brussels", "Prague"]
    parsed = pdf_reader.read(placed_pdf(rows(names, people, towns, lefts=(40, 180, 300))))
    lines = ["Country | People | Capital", "Austria | 8.9 | Vienna", "Belgium | 11.5 | Brussels"]
    table = "\n".join([*lines, "Czech Republic | 10.7 | Prague"])
    assert parsed.text == table
    assert parsed.unbroken == ((0, len(table)),)


def test_a_currency_sign_belongs_to_its_amount() -> None:
    """The sign that stands at the left of its column makes no cell of its own."""
    pieces = rows(["Sales", "Costs", "Gain"], ["$", "$", "$"], ["81", "40", "41"], lefts=(40, 200, 240))
    assert pdf_reader.read(placed_pdf(pieces)).text.startswith("Sales | $ 81\nCosts | $ 40")


def test_a_long_table_is_kept_together_in_parts() -> None:
    """Of a table of more rows than a passage holds, thirty at a time stay together."""
    count = 45
    names = [f"Row {at}" for at in range(count)]
    parsed = pdf_reader.read(placed_pdf(rows(names, ["one"] * count, ["two"] * count, lefts=(40, 200, 300))))
    assert [parsed.text[start:end].count("\n") + 1 for start, end in parsed.unbroken] == [30, 15]


def test_cells_of_several_lines_are_put_together() -> None:
    """A header whose cells the file gives one after the other, two lines each, becomes one row."""
    stacked = [
        (left, 700.0 - 12 * line, word)
        for left, words in ((40.0, ["FY 2011", "Results"]), (160.0, ["FY 2012", "Results"]))
        for line, word in enumerate(words)
    ]
    header = [*stacked, (280.0, 700.0, "Met or"), (280.0, 688.0, "not")]
    body = [(40.0, 660.0, "52%"), (160.0, 660.0, "48%"), (280.0, 660.0, "Not met")]
    text = pdf_reader.read(placed_pdf([*header, *body])).text
    assert text == "FY 2011 Results | FY 2012 Results | Met or not\n52% | 48% | Not met"


def test_lists_and_numbered_headings_have_no_cells() -> None:
    """A wide space behind a list's mark or a heading's number is only a space."""
    pieces = [(40.0, 700.0, "2.1"), (80.0, 700.0, "Bridges")]
    for up, line in ((660.0, "Steel is strong."), (646.0, "Stone is old.")):
        pieces.extend([(40.0, up, "\u2022"), (80.0, up, line)])
    lines = pdf_reader.read(placed_pdf(pieces)).text.split("\n")
    assert lines == ["2.1 Bridges", "\u2022 Steel is strong.", "\u2022 Stone is old."]


def test_a_heading_is_parted_from_the_paragraph_by_its_distance() -> None:
    """A line that stands apart is a line of its own, even where its words could go on a sentence."""
    pieces = [(40.0, 700.0 - LEADING * at, line) for at, line in enumerate(LEFT[:5])]
    pieces = [*pieces, (40.0, 600.0, "Plans and their costs for the coming year")]
    pieces.extend((40.0, 575.0 - LEADING * at, line) for at, line in enumerate(RIGHT))
    lines = pdf_reader.read(placed_pdf(pieces)).text.split("\n")
    assert lines == [" ".join(LEFT[:5]), "Plans and their costs for the coming year", " ".join(RIGHT)]


def test_a_page_written_from_the_bottom_is_read_from_the_top() -> None:
    """Where every line stands above the one before it, the last is read first."""
    pieces = [(40.0, 600.0 + 40 * at, line) for at, line in enumerate(["Third.", "Second.", "First."])]
    assert pdf_reader.read(placed_pdf(pieces)).text == "First.\nSecond.\nThird."


def test_what_is_written_beside_the_sheet_is_left_out() -> None:
    """Text outside the page, which nobody sees, is not read."""
    seen = (40.0, 700.0, "Some words.")
    assert pdf_reader.read(placed_pdf([seen, (40.0, 900.0, "Hidden words.")])).text == "Some words."
