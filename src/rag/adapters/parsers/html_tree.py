"""How much text does an element hold, and what stands inside what?

Every question is answered for a whole page at once, in time proportional to its length: asking each element
for its own text or its own ancestors takes the square of that where elements are nested.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from selectolax.lexbor import LexborNode


def text_lengths(root: LexborNode) -> dict[int, int]:
    """This will count the characters of every element at and under `root`, by its place in memory."""
    lengths = {root.mem_id: 0}
    open_elements = [root.mem_id]
    node = root.first_child
    while node is not None:
        if node.tag == "-text":
            lengths[open_elements[-1]] += len(node.text())
        child = node.first_child
        if child is not None:
            lengths[node.mem_id] = 0
            open_elements.append(node.mem_id)
            node = child
            continue
        following = node.next
        while following is None and len(open_elements) > 1:
            ended = open_elements.pop()
            lengths[open_elements[-1]] += lengths[ended]
            parent = node.parent
            if parent is None:
                break
            node, following = parent, parent.next
        node = following
    return lengths


def outermost(nodes: Iterable[LexborNode]) -> Sequence[LexborNode]:
    """This will leave out the nodes that stand inside others of them, and repetitions."""
    by_place = {node.mem_id: node for node in nodes}
    ancestry = Ancestry(places=by_place.keys())
    return [node for node in by_place.values() if not ancestry.encloses(node)]


def above(nodes: Iterable[LexborNode]) -> AbstractSet[int]:
    """This will give the places in memory of all elements that any of these nodes stands in."""
    found: set[int] = set()
    for node in nodes:
        parent = node.parent
        while parent is not None and parent.mem_id not in found:
            found.add(parent.mem_id)
            parent = parent.parent
    return found


class Ancestry:
    """Says of any node whether it stands in an element of a kind; what was found on the way up is kept."""

    def __init__(
        self, *, tags: AbstractSet[str] = frozenset(), places: AbstractSet[int] = frozenset()
    ) -> None:
        self._tags = tags
        self._places = places
        self._enclosed: dict[int, bool] = {}

    def encloses(self, node: LexborNode) -> bool:
        """This will say whether one of the elements stands somewhere above `node`."""
        passed = [node.mem_id]
        parent = node.parent
        enclosed = False
        while parent is not None:
            if parent.mem_id in self._places or parent.tag in self._tags:
                enclosed = True
                break
            known = self._enclosed.get(parent.mem_id)
            if known is not None:
                enclosed = known
                break
            passed.append(parent.mem_id)
            parent = parent.parent
        self._enclosed.update(dict.fromkeys(passed, enclosed))
        return enclosed
