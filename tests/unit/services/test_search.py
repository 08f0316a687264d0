"""Searching, and judging what was found."""

from collections.abc import Sequence
from dataclasses import replace

from rag.domain.question import Question, RerankMode
from rag.domain.reranking import RERANK, RERANKED
from rag.ports.models import RerankerUnavailableError
from rag.services.stages import StageTimer
from tests.support.workbench import Workbench, file

QUESTION = "when does a backup run"


class LastFirst:
    """Prefers later passages, and remembers how many it was shown."""

    def __init__(self) -> None:
        self.shown: list[int] = []

    async def score(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """Score by place."""
        assert question == QUESTION
        self.shown.append(len(texts))
        return [float(place) for place in range(len(texts))]


async def bench_with(files: int, reranker: LastFirst) -> Workbench:
    """Give a workbench that knows so many files about backups."""
    bench = Workbench(reranker=reranker)
    await bench.take_in(*(file(f"{n:02}.md", f"A backup number {n} runs at {n}.") for n in range(files)))
    return bench


async def sources(bench: Workbench, mode: RerankMode, *, top_k: int = 5) -> list[str]:
    """Search, and give what was found in its order."""
    question = Question.of(QUESTION, top_k=top_k, rerank=mode)
    return [one.source for one in await bench.search()(question, timer=StageTimer(bench.clock))]


async def test_the_first_passages_are_judged_and_the_best_of_them_kept() -> None:
    """More are judged than are asked for, or a good one far down could not come to the front."""
    reranker = LastFirst()
    bench = await bench_with(30, reranker)
    before = await sources(bench, RerankMode.NEVER, top_k=RERANKED)
    bench = replace(bench)
    search = replace(bench.search(), recipe=replace(bench.search().recipe, rerank_weight=1.0))
    question = Question.of(QUESTION, top_k=3, rerank=RerankMode.ALWAYS)
    passages = await search(question, timer=StageTimer(bench.clock))
    assert [one.source for one in passages] == before[::-1][:3]
    assert passages[0].candidate.raw_score(RERANK) == RERANKED - 1
    assert reranker.shown == [RERANKED]


async def test_nothing_is_judged_where_nobody_wants_it() -> None:
    """Neither when it is declined, nor when the first stands far above the second."""
    reranker = LastFirst()
    bench = await bench_with(30, reranker)
    await sources(bench, RerankMode.NEVER)
    await bench.take_in(file("clear.md", "When does a backup run: when does a backup run."))
    assert (await sources(bench, RerankMode.AUTO))[0] == "clear.md"
    assert reranker.shown == []
    await sources(bench, RerankMode.ALWAYS)
    assert reranker.shown == [RERANKED]


async def test_more_passages_than_are_judged_can_be_asked_for() -> None:
    """The others follow in the order that they had."""
    bench = await bench_with(30, LastFirst())
    found = await sources(bench, RerankMode.ALWAYS, top_k=25)
    assert len(set(found)) == 25
    assert found[RERANKED:] == (await sources(bench, RerankMode.NEVER, top_k=25))[RERANKED:]


class Dead:
    """Is away."""

    async def score(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """Say so."""
        raise RerankerUnavailableError(f"{len(texts)} texts for {question!r} were not judged.")


async def test_a_reranker_that_is_away_costs_no_answer() -> None:
    """The fused order stays, and the answer says what it was made without."""
    bench = Workbench(reranker=Dead())
    await bench.take_in(file("a.md", "A backup runs every night."), file("b.md", "Nothing here."))
    assert await sources(bench, RerankMode.ALWAYS) == await sources(bench, RerankMode.NEVER)
    question = Question.of("when does a backup run every night", rerank=RerankMode.ALWAYS)
    record = await bench.ask()(question, request_id="r")
    assert (record.answer.degraded, record.reranked, record.answer.abstained) == (("reranker",), False, False)
    never = await bench.ask()(replace(question, rerank=RerankMode.NEVER), request_id="r")
    assert never.answer.degraded == ()


async def test_a_search_without_a_reranker_keeps_the_fused_order() -> None:
    """Whatever is asked for."""
    bench = Workbench()
    await bench.take_in(file("a.md", "A backup runs at night."), file("b.md", "Nothing here."))
    assert await sources(bench, RerankMode.ALWAYS) == await sources(bench, RerankMode.NEVER)
