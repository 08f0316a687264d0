"""Which three questions does the demo ask of a folder that it has never seen?"""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Final

from rag.domain.documents import Document
from rag.domain.words import folded

QUESTIONS: Final = 3
WORDS_OF_A_GOOD_HEADING: Final = range(2, 12)

# Asked of the project's own documentation.
PROJECT_QUESTIONS: Final = (
    "How does a document become searchable?",
    "What happens when another generation becomes live?",
    "What should I look at first when answers are slow?",
)


def questions_about(documents: Sequence[Document]) -> tuple[str, ...]:
    """This will make questions of the documents' own headings, of as many different documents as possible.

    Nothing is known of the answers: whether they are found is what the demo shows.
    """
    by_document = [list(_topics(document)) for document in documents]
    turns = (topic for turn in zip_longest(*by_document) for topic in turn if topic)
    return tuple(dict.fromkeys(map(_question, turns)))[:QUESTIONS]


def _topics(document: Document) -> Iterator[str]:
    for heading in document.parsed.headings:
        title = folded(heading.title)
        if len(title.split()) in WORDS_OF_A_GOOD_HEADING:
            yield title
    yield document.title.rsplit(".", 1)[0].replace("_", " ").replace("-", " ")


def _question(topic: str) -> str:
    r"""Ask about `topic`, as it is when it is a question already.

    >>> _question("Who may sign?"), _question("Notice periods")
    ('Who may sign?', 'What do the documents say about Notice periods?')
    """
    return topic if topic.endswith("?") else f"What do the documents say about {topic}?"
