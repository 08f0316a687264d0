"""How are files of one name told apart?"""

from collections import Counter, defaultdict
from collections.abc import Sequence

from rag.domain.names import described_by


def distinct_names(names: Sequence[str]) -> list[str]:
    """This will tell files of one name apart, since an outcome names its file.

    A sidecar is renamed with its document: of several, the second one belongs to the second document. No name
    is a folder in another one, so that what stands in an archive can be named below it.

    >>> distinct_names(["a.md", "a.md", "b", "b", "a.md"])
    ['a.md', 'a (2).md', 'b', 'b (2)', 'a (3).md']
    >>> distinct_names(["a.md", "a.md.meta.yaml", "a.md", "a.md.meta.yaml", "a.zip", "a.zip/b.md"])
    ['a.md', 'a.md.meta.yaml', 'a (2).md', 'a (2).md.meta.yaml', 'a (2).zip', 'a.zip/b.md']
    """
    owners = [described_by(name) for name in names]
    taken = {name[:at] for name in names for at, sign in enumerate(name) if sign == "/"}
    given: list[str] = [""] * len(names)
    copies: dict[str, int] = {}
    documents: defaultdict[str, list[str]] = defaultdict(list)
    for at, (name, owner) in enumerate(zip(names, owners, strict=True)):
        if owner is None:
            given[at] = _fresh(name, taken, copies)
            documents[name].append(given[at])
    sidecars: Counter[str] = Counter()
    for at, (name, owner) in enumerate(zip(names, owners, strict=True)):
        if owner is not None:
            described = documents[owner][sidecars[owner] :][:1] or [owner]
            sidecars[owner] += 1
            given[at] = _fresh(described[0] + name[len(owner) :], taken, copies)
    return given


def _fresh(name: str, taken: set[str], copies: dict[str, int]) -> str:
    stem, dot, ending = name.rpartition(".") if "." in name else (name, "", "")
    fresh, copy = name, copies.get(name, 1)
    while fresh in taken:
        copy += 1
        fresh = f"{stem} ({copy}){dot}{ending}"
    copies[name] = copy
    taken.add(fresh)
    return fresh
