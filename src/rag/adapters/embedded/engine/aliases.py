"""Which aliases are there after a request that changes them?"""

from collections.abc import Sequence
from typing import Final

from rag.adapters.embedded.engine.catalogue import Catalogue
from rag.adapters.embedded.engine.fields import fields_of, text
from rag.adapters.embedded.engine.refusals import RefusedError, malformed, missing_collection

_KINDS: Final = frozenset({"create_alias", "delete_alias", "rename_alias"})


def changed_aliases(catalogue: Catalogue, actions: Sequence[object]) -> dict[str, str]:
    """This will give the aliases after all of `actions`, in their order; the catalogue stays as it is.

    Raises:
        RefusedError: an action is malformed, or names what does not exist or what a collection is called.
    """
    aliases = dict(catalogue.aliases)
    for action in actions:
        _carry_out(action, aliases, catalogue)
    return aliases


def _carry_out(action: object, aliases: dict[str, str], catalogue: Catalogue) -> None:
    fields = fields_of(action, place="an action", known=_KINDS)
    if len(fields) != 1:
        raise malformed("an action needs exactly one of create_alias, delete_alias, rename_alias")
    ((kind, value),) = fields.items()
    if kind == "create_alias":
        named = fields_of(value, place=kind, known=frozenset({"alias_name", "collection_name"}))
        target = text(named, "collection_name")
        if target not in catalogue.collections:
            raise missing_collection(target)
        aliases[_free(text(named, "alias_name"), catalogue)] = target
    elif kind == "delete_alias":
        named = fields_of(value, place=kind, known=frozenset({"alias_name"}))
        aliases.pop(text(named, "alias_name"), None)
    else:
        named = fields_of(value, place=kind, known=frozenset({"old_alias_name", "new_alias_name"}))
        old = text(named, "old_alias_name")
        if old not in aliases:
            raise RefusedError(404, f"Not found: Alias {old} doesn't exist!")
        aliases[_free(text(named, "new_alias_name"), catalogue)] = aliases.pop(old)


def _free(alias: str, catalogue: Catalogue) -> str:
    if alias in catalogue.collections:
        raise RefusedError(409, f"Wrong input: Collection `{alias}` already exists!")
    return alias
