"""Joining sidecars with the files that they describe."""

from datetime import UTC, datetime

import pytest

from rag.adapters.parsers.sidecars import SidecarFiles
from rag.ports.files import Description, FileWithdrawnError, refused
from rag.ports.parsing import UnreadableFileError
from rag.services.describe_files import DescribeFiles
from tests.support.workbench import Workbench, file

DESCRIBE = DescribeFiles(SidecarFiles())
YAML = "title: The plan\nauthor: Ada\ndate: 2024-02-03\nlanguage: de\nteam: storage\n"


@pytest.mark.parametrize("ending", [".meta.yaml", ".meta.yml", ".META.YAML"])
def test_a_sidecar_describes_the_file_beside_it(ending: str) -> None:
    """Its fields are sorted into what we use and the rest, and it is no document itself."""
    found = DESCRIBE(
        [file("x/plan.md", "Words."), file(f"x/plan.md{ending}", YAML), file("plan.md", "Other.")]
    )
    described, other = found.files
    assert described.description == Description(
        title="The plan",
        language="de",
        dated=datetime(2024, 2, 3, tzinfo=UTC),
        metadata={"author": "Ada", "team": "storage"},
    )
    assert other.description == Description()
    assert found.without_document == ()


def test_a_sidecar_may_be_json_or_empty() -> None:
    """An empty one says nothing, which is no error."""
    files = [file("a.md", "A"), file("a.md.meta.json", '{"title": "Alpha"}'), file("b.md", "B")]
    first, second = DESCRIBE([*files, file("b.md.meta.yml", "\n")]).files
    assert first.description == Description(title="Alpha")
    assert second.description == Description()
    assert second.fingerprint_suffix


def test_another_sidecar_is_another_fingerprint() -> None:
    """So a document is taken in again when only its sidecar has changed."""
    plain = file("a.md", "A")
    (one,) = DESCRIBE([plain, file("a.md.meta.yaml", "team: x")]).files
    (other,) = DESCRIBE([plain, file("a.md.meta.yaml", "team: y")]).files
    assert len({each.fingerprint(b"A") for each in (plain, one, other)}) == 3


def test_what_a_sidecar_says_in_vain_is_noted() -> None:
    """Long fields, deep ones and those beyond the limit are named, so that nobody looks for them."""
    many = "".join(f"f{number}: x\n" for number in range(60))
    text = f"long: {'x' * 1500}\ndeep:\n  a: b\nmixed: [a, {{b: c}}]\nauthor: {{name: Ada}}\nnone:\n{many}"
    (one,) = DESCRIBE([file("a.md", "A"), file("a.md.meta.yaml", text)]).files
    assert one.description.notes == (
        "Of the fields, what holds further fields or lists was left out: deep, mixed.",
        "Fields were cut after 1000 characters: long.",
        "Of the fields, those after the first 50 were left out: f47, f48, f49, f50, f51 and 8 more.",
    )


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.md.meta.yaml", "title: One\nteam: a: b", "line 2"),
        ("a.md.meta.yml", "- a list", "no names with values"),
        ("a.md.meta.json", '{"title":\n\n}', "line 3"),
    ],
)
def test_a_malformed_sidecar_is_an_error_of_its_document(name: str, text: str, said: str) -> None:
    """It names the sidecar and the line."""
    (refused,) = DESCRIBE([file("a.md", "A"), file(name, text)]).files
    with pytest.raises(UnreadableFileError, match=said) as caught:
        refused.content()
    assert name in str(caught.value)


def test_a_sidecar_that_is_not_in_utf8_names_its_line() -> None:
    """Its document fails."""
    with pytest.raises(UnreadableFileError, match="UTF-8 at line 2"):
        SidecarFiles().read("a.md.meta.yaml", b"team: x\ntitle: \xff")


def test_a_withdrawn_sidecar_is_no_error_of_its_document() -> None:
    """The document is withdrawn with it, and nothing is wrong with either."""
    sidecar = refused(file("a.md.meta.yaml", "title: A"), FileWithdrawnError("It is not wanted any more."))
    (withdrawn,) = DESCRIBE([file("a.md", "A"), sidecar]).files
    with pytest.raises(FileWithdrawnError):
        withdrawn.content()


def test_a_sidecar_without_its_document_is_named() -> None:
    """A slip in its name is not passed over in silence."""
    found = DESCRIBE([file("a.md", "A"), file("b.md.meta.yaml", "title: B")])
    assert [one.source for one in found.without_document] == ["b.md.meta.yaml"]
    assert len(found.files) == 1


async def test_a_sidecar_goes_before_the_document_itself() -> None:
    """Title, date, language and fields reach the library."""
    bench = Workbench()
    found = DESCRIBE([file("a.md", "Some words.", metadata={"team": "none"}), file("a.md.meta.yaml", YAML)])
    (outcome,) = await bench.take_in(*found.files)
    parsed = (await bench.library.document(outcome.document_id)).parsed
    assert (parsed.title, parsed.language) == ("The plan", "de")
    assert parsed.dated == datetime(2024, 2, 3, tzinfo=UTC)
    assert parsed.metadata == {"author": "Ada", "team": "storage"}
