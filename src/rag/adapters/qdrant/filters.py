"""How is a filter said to Qdrant?"""

from typing import Any

from rag.adapters.qdrant.points import LABELS, label, rfc3339
from rag.domain.question import Filter


def filter_body(filter_by: Filter) -> dict[str, Any] | None:
    """This will give the filter as the REST API takes it, each condition on a field with a payload index.

    None stands for a filter that narrows nothing.
    """
    must: list[dict[str, Any]] = []
    if filter_by.sources:
        must.append({"key": "source", "match": {"any": sorted(filter_by.sources)}})
    if filter_by.document_ids:
        ids = sorted(str(document_id) for document_id in filter_by.document_ids)
        must.append({"key": "document_id", "match": {"any": ids}})
    between = {
        bound: rfc3339(moment)
        for bound, moment in (("gte", filter_by.dated_from), ("lt", filter_by.dated_before))
        if moment is not None
    }
    if between:
        must.append({"key": "dated", "range": between})
    must.extend({"key": LABELS, "match": {"value": label(key, value)}} for key, value in filter_by.metadata)
    return {"must": must} if must else None
