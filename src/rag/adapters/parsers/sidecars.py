"""What does a file beside a document say of it?"""

from rag.adapters.parsers.described import described
from rag.adapters.parsers.front_matter import fields_of_json, fields_of_yaml
from rag.ports.files import Description
from rag.ports.parsing import UnreadableFileError


class SidecarFiles:
    """Reads YAML and JSON; implements `rag.ports.files.SidecarReader`."""

    def read(self, name: str, content: bytes) -> Description:
        """This will read a sidecar.

        Raises:
            UnreadableFileError: it is malformed, with the line, or not in UTF-8.
        """
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise UnreadableFileError(f"It is not in UTF-8 at line {line}.") from error
        fields = fields_of_json if name.lower().endswith(".json") else fields_of_yaml
        said = described(fields(text) if text.strip() else {})
        return Description(
            title=said.title,
            language=said.language,
            dated=said.dated,
            metadata=dict(said.metadata),
            notes=said.notes,
        )
