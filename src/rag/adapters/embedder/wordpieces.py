"""Where are the tokens of a text, and which numbers does the network read for them?"""

import os
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from rag.ports.models import ModelLoadError, Spans

Ids: TypeAlias = npt.NDArray[np.int64]

# White space as BERT's tokenizer sees it. Python's \s also holds separators like \x1c, which the tokenizer
# removes without ending a word.
_WORD: Final = re.compile("[^\t\n\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")

_HALF_CHARACTER: Final = re.compile("[\ud800-\udfff]")

# Below this length one plain encoding is faster than counting words.
_SHORT: Final = 4096


@dataclass(frozen=True, slots=True)
class Joint:
    """How two texts become one row of tokens.

    Attributes:
        before, between, after: special tokens such as [CLS], [SEP] and [SEP].
        second_type: the token type of the second text and of what stands after it.
    """

    before: Ids
    between: Ids
    after: Ids
    second_type: int


class WordPieces:
    """A tokenizer without truncation and padding. Reading one is thread-safe."""

    def __init__(self, directory: Path) -> None:
        # Without this the library starts a thread a core besides ours, and warns when a process forks later.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        # Imported here, so that the setting above comes first.
        from tokenizers import Tokenizer  # noqa: PLC0415 - as above

        path = directory / "tokenizer.json"
        if not path.is_file():
            raise ModelLoadError(f"The model directory {directory.name} holds no tokenizer.json.")
        try:
            self._tokenizer = Tokenizer.from_file(str(path))
        # The library raises bare Exception for a file that it does not understand.
        except Exception as error:
            raise ModelLoadError(f"The file tokenizer.json cannot be read: {error}") from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._words_are_apart = type(self._tokenizer.pre_tokenizer).__name__ == "BertPreTokenizer"
        self.before, self.after = self._specials()

    def ids(self, texts: Sequence[str]) -> list[Ids]:
        """This will give each text's token numbers, special tokens left out."""
        # encode() holds the interpreter's lock for seconds on a long text; encode_batch() lets go of it.
        encoded = self._tokenizer.encode_batch_fast([_whole(t) for t in texts], add_special_tokens=False)
        return [np.array(encoding.ids, dtype=np.int64) for encoding in encoded]

    def starts(self, text: str) -> Sequence[int]:
        """This will give the character at which every token starts: eight bytes a token, however many."""
        return array("Q", (start for start, _ in self.spans(text)))

    def spans(self, text: str) -> Iterable[tuple[int, int]]:
        """This will give `[start, end)` characters of every token, special tokens left out."""
        text = _whole(text)
        if self._words_are_apart and len(text) > _SHORT:
            return self._spans_by_word(text)
        return self._encoded_spans([text])[0]

    def vocabulary_size(self) -> int:
        """This will count the tokens that exist."""
        return int(self._tokenizer.get_vocab_size())

    def joint(self) -> Joint:
        """This will give what the tokenizer puts around two texts.

        Raises:
            ModelLoadError: it joins no texts, or gives others than the second a token type besides 0.
        """
        encoding = self._tokenizer.encode_batch([("a", "a")])[0]
        ids, types = np.array(encoding.ids, dtype=np.int64), np.array(encoding.type_ids, dtype=np.int64)
        of = encoding.sequence_ids
        if 0 not in of or 1 not in of:
            raise ModelLoadError("The model's tokenizer.json makes nothing of a pair of texts.")
        first, second = of.index(0), of.index(1)
        between, end = len(of) - of[::-1].index(0), len(of) - of[::-1].index(1)
        if between >= second or types[:second].any() or len(set(types[second:])) != 1:
            raise ModelLoadError("The model's tokenizer.json joins two texts in a way that we do not know.")
        return Joint(ids[:first], ids[between:second], ids[end:], int(types[second]))

    def _spans_by_word(self, text: str) -> Iterator[tuple[int, int]]:
        """Encode each different word once; a word's tokens do not depend on its neighbours."""
        known: Mapping[str, Spans] = self._word_spans(set(_WORD.findall(text)))
        for match in _WORD.finditer(text):
            base = match.start()
            for start, end in known[match.group()]:
                yield base + start, base + end

    def _word_spans(self, words: set[str]) -> Mapping[str, Spans]:
        ordered = list(words)
        return dict(zip(ordered, self._encoded_spans(ordered), strict=True))

    def _encoded_spans(self, texts: list[str]) -> list[Spans]:
        encoded = self._tokenizer.encode_batch(texts, add_special_tokens=False)
        return [[(start, end) for start, end in encoding.offsets] for encoding in encoded]

    def _specials(self) -> tuple[Ids, Ids]:
        """Find what the tokenizer puts before and after a text, such as [CLS] and [SEP]."""
        encoding = self._tokenizer.encode_batch(["a"])[0]
        mask, ids = encoding.special_tokens_mask, np.array(encoding.ids, dtype=np.int64)
        first = mask.index(0) if 0 in mask else len(mask)
        last = len(mask) - mask[::-1].index(0) if 0 in mask else len(mask)
        return ids[:first], ids[last:]


def _whole(text: str) -> str:
    """Replace halves of surrogate pairs, which are no characters and which the tokenizer refuses."""
    return text if text.isascii() else _HALF_CHARACTER.sub("\ufffd", text)
