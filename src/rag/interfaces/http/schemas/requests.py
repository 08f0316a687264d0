"""What do all request bodies have in common?"""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


class RequestBody(BaseModel):
    """A field that we do not know is refused: a misspelt filter must not widen an answer in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _storable(text: str) -> str:
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("The text holds a null character or half a character, which cannot be stored.")
    return text


StorableText = Annotated[str, AfterValidator(_storable)]
