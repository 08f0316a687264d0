"""Whether a golden set still fits its library."""

from rag.domain.golden import Case, CaseKind, ExpectedEvidence, GoldenSet
from rag.services.check_golden_set import CheckGoldenSet, Complaint
from tests.support.workbench import Workbench, file


def case(name: str, question: str, *evidence: tuple[str, str | None], after: tuple[str, ...] = ()) -> Case:
    """Make a case of the kind that fits."""
    kind = CaseKind.FOLLOW_UP if after else CaseKind.ANSWERABLE if evidence else CaseKind.UNANSWERABLE
    return Case(name, question, kind, tuple(ExpectedEvidence(*piece) for piece in evidence), after=after)


async def complaints(*cases: Case) -> list[Complaint]:
    """Check cases against a small library."""
    bench = Workbench()
    await bench.take_in(
        file("rules/leave.md", "Everybody has thirty days of leave.\nLeave   expires\nin March."),
        file("travel.md", "Trains are paid back in full."),
    )
    return list(await CheckGoldenSet(library=bench.library)(GoldenSet("set", "", cases)))


async def test_a_set_that_fits_has_no_fault() -> None:
    """White space does not count, and neither does what a case without a quote leaves open."""
    assert not await complaints(
        case("a", "When does leave end?", ("rules/leave.md", "Leave expires in March.")),
        case("b", "Are trains paid?", ("travel.md", None)),
        case("c", "Who is the boss?"),
    )


async def test_a_quote_that_is_gone_is_shown_with_what_is_nearest() -> None:
    """Somebody changed the number, and the case must follow."""
    (complaint,) = await complaints(
        case("a", "How many days?", ("rules/leave.md", "Everybody has twenty days of leave."))
    )
    assert (complaint.case_id, complaint.nearest) == ("a", "Everybody has thirty days of leave.")
    assert "does not hold the words “Everybody has twenty days of leave.”" in complaint.reason


async def test_cases_whose_quotes_stand_nowhere_are_named_once() -> None:
    """A document that is not there, and one that counts as a whole, are none of its business."""
    bench = Workbench()
    await bench.take_in(file("travel.md", "Trains are paid back\nin full."))
    cases = (
        case("right", "Trains?", ("travel.md", "paid back in full")),
        case("wrong", "Buses?", ("travel.md", "Buses are free."), ("travel.md", "So are cabs.")),
        case("whole", "Travel?", ("travel.md", None)),
        case("gone", "Leave?", ("leave.md", "thirty days")),
    )
    check = CheckGoldenSet(library=bench.library)
    assert await check.misquoted(GoldenSet("set", "", cases)) == ["wrong"]


async def test_a_document_that_moved_is_named() -> None:
    """Its name is no more in the library, but one that ends alike is."""
    moved, gone = await complaints(
        case("a", "How many days?", ("old/leave.md", "thirty days")), case("b", "Why?", ("lost.md", "why"))
    )
    assert (moved.reason, moved.nearest) == (
        "There is no document old/leave.md in the library.",
        "rules/leave.md",
    )
    assert gone.nearest is None


async def test_a_document_of_which_the_name_is_an_ending_does_not_count() -> None:
    """`leave.md` is not `rules/leave.md`: results are compared by the whole name."""
    (complaint,) = await complaints(case("a", "How many days?", ("leave.md", "thirty days")))
    assert complaint.reason == "There is no document leave.md in the library."


async def test_a_repeated_question_is_found() -> None:
    """Case, white space and the last sign do not make it another one; what was asked before does."""
    found = await complaints(
        case("a", "Who pays for trains?"),
        case("b", "who pays  for trains"),
        case("c", "Who pays for trains?", ("travel.md", None), after=("Do I have to drive?",)),
    )
    assert found == [Complaint("b", "It asks what the case a asks.")]
