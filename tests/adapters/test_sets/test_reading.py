"""Reading test sets: our JSON, BEIR folders and tables, and what is said of malformed ones."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from rag.adapters.test_sets import FileTestSets, corpus_files
from rag.domain.golden import Case, CaseKind, ExpectedEvidence, GoldenSet, InvalidTestSetError
from rag.ports.files import NoSuchPathError
from rag.ports.test_sets import UnwritableFileError
from tests.support.shared import shared_folder

CASES = (
    Case("why", "Why → über?", CaseKind.ANSWERABLE, (ExpectedEvidence("a.md", "So.", 2),), ("so",)),
    Case(
        "both",
        "Both?",
        CaseKind.SEVERAL_PASSAGES,
        (ExpectedEvidence("a.md", "So."), ExpectedEvidence("b.md")),
        ("so", "thus"),
    ),
    Case("then", "And then?", CaseKind.FOLLOW_UP, (ExpectedEvidence("b.md"),), (), ("Why?", "Really?")),
    Case("none", "What of it?", CaseKind.UNANSWERABLE),
)
GOLDEN = GoldenSet("mine", "A few.", CASES)
SOUND: dict[str, object] = {
    "id": "why",
    "kind": "answerable",
    "question": "Why?",
    "evidence": [{"source": "a.md", "quote": "So."}],
    "answers": ["so"],
}


def written(path: Path, *cases: object) -> Path:
    """Write a set of our format."""
    path.write_text(json.dumps({"name": "mine", "about": "", "cases": cases}), encoding="utf-8")
    return path


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """Every kind of case, and every field."""
    FileTestSets().write(tmp_path / "set.json", GOLDEN)
    assert FileTestSets().read(tmp_path / "set.json") == GOLDEN
    assert [file.name for file in tmp_path.iterdir()] == ["set.json"]


def test_a_set_that_contradicts_itself_is_not_written(tmp_path: Path) -> None:
    """The old file stands."""
    path = tmp_path / "set.json"
    FileTestSets().write(path, GOLDEN)
    twice = GoldenSet("mine", "", (CASES[0], CASES[0]))
    with pytest.raises(InvalidTestSetError, match="same id"):
        FileTestSets().write(path, twice)
    assert FileTestSets().read(path) == GOLDEN


def test_what_the_disk_does_not_take_is_said(tmp_path: Path) -> None:
    """A folder that is not there, and a file that is no JSON."""
    with pytest.raises(UnwritableFileError, match="cannot be written"):
        FileTestSets().write(tmp_path / "nowhere" / "set.json", GOLDEN)
    with pytest.raises(InvalidTestSetError, match=r"\.json"):
        FileTestSets().write(tmp_path / "set.csv", GOLDEN)


def test_a_link_is_kept_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    """The folder of the link gets no file of its own."""
    (tmp_path / "there").mkdir()
    real, link = tmp_path / "there" / "set.json", tmp_path / "set.json"
    FileTestSets().write(real, GOLDEN)
    link.symlink_to(real)
    FileTestSets().write(link, GoldenSet("other", "", CASES))
    assert link.is_symlink()
    assert FileTestSets().read(real).name == "other"


@pytest.mark.parametrize(
    ("change", "place", "field"),
    [
        ({"id": 7}, "case number 1", "id"),
        ({"kind": "hard"}, "case why", "kind"),
        ({"question": None}, "case why", "question"),
        ({"question": "  "}, "case why", "question"),
        ({"evidence": []}, "case why", "evidence"),
        ({"evidence": "a.md"}, "case why", "evidence"),
        ({"evidence": [{"quote": "So."}]}, "case why", "source"),
        ({"evidence": [{"source": "a.md", "grade": "high"}]}, "case why", "grade"),
        ({"evidence": [{"source": "a.md", "grade": 10**400}]}, "case why", "grade"),
        ({"evidence": [{"source": "a.md", "page": 1}]}, "case why", "page"),
        ({"answers": "so"}, "case why", "answers"),
        ({"anwsers": ["so"]}, "case why", "anwsers"),
        ({"kind": "unanswerable", "answers": []}, "case why", "evidence"),
        ({"kind": "follow-up"}, "case why", "after"),
        ({"kind": "several-passages"}, "case why", "evidence"),
    ],
)
def test_a_malformed_case_is_named_with_its_field(
    tmp_path: Path, change: dict[str, object], place: str, field: str
) -> None:
    """File, case and field stand in the message."""
    path = written(tmp_path / "set.json", {**SOUND, **change})
    with pytest.raises(InvalidTestSetError) as raised:
        FileTestSets().read(path)
    assert (raised.value.file, raised.value.place, raised.value.field) == (str(path), place, field)
    assert all(part in str(raised.value) for part in (str(path), place, field))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b'{"name": "a",\n "cases": [}', "line 2: It is not JSON"),
        (b"[1]", "must be a JSON object"),
        (b'{"name": "a", "cases": []}', "no case"),
        (b'{"name": "a"}', "no case"),
        (b'{"cases": []}', "field name"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_a_file_that_is_no_test_set_is_refused(tmp_path: Path, content: bytes, complaint: str) -> None:
    """Whatever stands in it."""
    path = tmp_path / "set.json"
    path.write_bytes(content)
    with pytest.raises(InvalidTestSetError, match=complaint):
        FileTestSets().read(path)


def test_two_cases_of_one_id_are_refused(tmp_path: Path) -> None:
    """The id names a case in the baseline."""
    with pytest.raises(InvalidTestSetError, match="case why, field id: Another case"):
        FileTestSets().read(written(tmp_path / "set.json", SOUND, SOUND))


def test_what_is_not_there_or_of_another_kind_is_said(tmp_path: Path) -> None:
    """A missing file goes before a wrong ending."""
    with pytest.raises(NoSuchPathError):
        FileTestSets().read(tmp_path / "none.json")
    with pytest.raises(NoSuchPathError):
        FileTestSets().read(tmp_path / "none.yaml")
    (tmp_path / "set.yaml").write_text("a: 1", encoding="utf-8")
    with pytest.raises(InvalidTestSetError, match="BEIR"):
        FileTestSets().read(tmp_path / "set.yaml")


def test_a_table_is_read(tmp_path: Path) -> None:
    """Kinds and ids may be left out; several values of a cell stand between bars."""
    path = tmp_path / "mine.csv"
    path.write_bytes(
        b"\xef\xbb\xbfid,Question,source,quote,answers,after\r\n"
        b'why,"Why, then?",a.md,"So it\nis.",so|thus,\r\n'
        b",What of it?,,,,\r\n"
        b"both,Both?,a.md|b.md,One.|Two.,,Why?|Really?\r\n"
    )
    assert FileTestSets().read(path) == GoldenSet(
        "mine",
        "",
        (
            Case(
                "why",
                "Why, then?",
                CaseKind.ANSWERABLE,
                (ExpectedEvidence("a.md", "So it\nis."),),
                ("so", "thus"),
            ),
            Case("what-of-it", "What of it?", CaseKind.UNANSWERABLE),
            Case(
                "both",
                "Both?",
                CaseKind.FOLLOW_UP,
                (ExpectedEvidence("a.md", "One."), ExpectedEvidence("b.md", "Two.")),
                (),
                ("Why?", "Really?"),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("asked,source\nWhy?,a.md\n", "line 1, field question: The column is missing"),
        ("question,sauce\nWhy?,a.md\n", "line 1, field sauce: The column is not known"),
        ("question,question\nWhy?,Why?\n", "line 1, field question: The column is there twice"),
        ("question,source\n,a.md\n", "line 2, field question: It is empty"),
        ("question,source\nWhy?,a.md,so\n", "line 2: It has more cells"),
        ("question,kind,source\nWhy?,hard,a.md\n", "line 2, field kind: It is 'hard'"),
        ("question,source,quote\nWhy?,a.md|b.md,So.\n", "line 2, field quote: It has 1 parts where 2"),
        ("question,source,quote\nWhy?,,So.\n", "line 2, field source: It has 0 parts where 1"),
        ("question,source,grade\nWhy?,a.md,high\n", "line 2, field grade"),
        ("question,source,grade\nWhy?,a.md,²\n", "line 2, field grade"),
        ("question,source,grade\nWhy?,a.md,--1\n", "line 2, field grade"),
        (f"question,source,grade\nWhy?,a.md,{'9' * 5000}\n", "line 2, field grade: It is '9{20}…'"),
        ('question,source\n"Why?,a.md\n', "It is no table"),
        ("question,source\n", "no case"),
        ("", "field question"),
    ],
)
def test_a_malformed_table_is_named_with_line_and_column(
    tmp_path: Path, content: str, complaint: str
) -> None:
    """As a person counts lines."""
    path = tmp_path / "mine.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidTestSetError, match=complaint):
        FileTestSets().read(path)


def beir(folder: Path, *, judgements: str, answers: Sequence[object] | None = None) -> Path:
    """Write a folder in BEIR's layout."""
    (folder / "qrels").mkdir()
    texts = [{"_id": "d1", "title": "One", "text": "First."}, {"_id": "d.2", "title": "", "text": "Second."}]
    questions = [{"_id": f"q{number}", "text": f"Question {number}?"} for number in (1, 2, 3)]
    for name, lines in (("corpus", texts), ("queries", questions), ("qa", answers)):
        if lines is not None:
            text = "".join(f"{json.dumps(line)}\n" for line in lines)
            (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    (folder / "qrels" / "test.tsv").write_text(judgements, encoding="utf-8")
    return folder


def test_a_beir_folder_is_read_with_its_corpus(tmp_path: Path) -> None:
    """Whole documents are evidence; a question that nobody judged is left out, unless it has no answer."""
    answers = [
        {"_id": "q1", "answers": ["first"], "answerable": True},
        {"_id": "q2", "answers": [], "answerable": False},
    ]
    judgements = "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td.2\t1\nq1\td3\t0\n"
    golden = FileTestSets().read(beir(tmp_path, judgements=judgements, answers=answers))
    evidence = (ExpectedEvidence("d1", grade=2), ExpectedEvidence("d.2.txt"))
    assert golden.name == tmp_path.name
    assert golden.cases == (
        Case("q1", "Question 1?", CaseKind.ANSWERABLE, evidence, ("first",)),
        Case("q2", "Question 2?", CaseKind.UNANSWERABLE),
    )
    files = corpus_files(tmp_path)
    assert files is not None
    assert [(file.source, file.content(), file.description.title) for file in files] == [
        ("d1", b"First.", "One"),
        ("d.2.txt", b"Second.", None),
    ]
    assert corpus_files(tmp_path / "qrels") is None


@pytest.mark.parametrize(
    ("judgements", "complaint"),
    [
        ("q1\td1\n", "line 1: A line has"),
        ("query-id\tcorpus-id\tscore\nq9\td1\t1\n", "line 2, field query-id: There is no question q9"),
        ("q1\td1\thigh\n", "line 1, field score"),
        ("", "no case"),
    ],
)
def test_malformed_judgements_are_named_with_their_line(
    tmp_path: Path, judgements: str, complaint: str
) -> None:
    """The heading is a line too."""
    with pytest.raises(InvalidTestSetError, match=complaint):
        FileTestSets().read(beir(tmp_path, judgements=judgements))


def test_which_judgements_are_meant_must_be_clear(tmp_path: Path) -> None:
    """The only file will do; of several, test.tsv is meant."""
    folder = beir(tmp_path, judgements="q1\td1\t1\n")
    (folder / "qrels" / "test.tsv").rename(folder / "qrels" / "dev.tsv")
    assert len(FileTestSets().read(folder).cases) == 1
    (folder / "qrels" / "train.tsv").write_text("", encoding="utf-8")
    with pytest.raises(InvalidTestSetError, match=r"dev\.tsv, train\.tsv"):
        FileTestSets().read(folder)


def test_a_malformed_line_of_questions_is_named(tmp_path: Path) -> None:
    """In a file of one object a line."""
    folder = beir(tmp_path, judgements="q1\td1\t1\n")
    (folder / "queries.jsonl").write_text('{"_id": "q1", "text": "Why?"}\n{"_id": 2}\n', encoding="utf-8")
    with pytest.raises(InvalidTestSetError, match=r"queries\.jsonl, line 2, field _id: It must be text"):
        FileTestSets().read(folder)


def test_public_sets_are_read() -> None:
    """One with unanswerable questions, and one with grades."""
    folder = shared_folder("retrieval")
    clapnq = FileTestSets().read(folder / "clapnq")
    unanswerable = [case for case in clapnq.cases if case.kind is CaseKind.UNANSWERABLE]
    assert (len(clapnq.cases), len(unanswerable)) == (350, 150)
    assert all(case.answers for case in clapnq.cases if case.evidence)
    nfcorpus = FileTestSets().read(folder / "nfcorpus")
    assert {piece.grade for case in nfcorpus.cases for piece in case.evidence} == {1, 2}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_must_not_be_written_is_said(tmp_path: Path) -> None:
    """The reason is the system's."""
    tmp_path.chmod(0o500)
    with pytest.raises(UnwritableFileError, match="Permission denied"):
        FileTestSets().write(tmp_path / "set.json", GOLDEN)
