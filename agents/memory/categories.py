"""The specification's allocation categories, by evidence: types of the census, files and calls of the sites. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from runtime.measure.holdings import Holding


@dataclass(frozen=True)
class Category:
    """One row of the specification's table "Allocation Categories".

    Args:
        reducible: a change of the project's code can make it smaller, or let it go earlier.
        why: the reason, as a clause.
    """

    reducible: bool
    why: str


CATEGORIES: Mapping[str, Category] = {
    "model-weights": Category(False, "as large as what was saved: only quantization or another format helps"),
    "inference-buffers": Category(True, "temporary: it counts where it overlaps with other memory"),
    "image-buffers": Category(True, "freed earlier, or made smaller"),
    "data-structures": Category(True, "less data, streamed, shared or packed"),
    "import-time": Category(False, "made by imports, not by the benchmarked path"),
    "c-arenas": Category(False, "a C library's own memory: no code of the project makes it smaller"),
    "other-programs": Category(False, "child processes that run no code of the project"),
    "interpreter": Category(False, "the interpreter, its modules and the allocators' gaps"),
}
"""By slug. The last three are none of the table's: C arenas, other programs and the interpreter's own."""

_TYPES = (
    ("model-weights", ("onnxruntime.", "torch.nn.", "torch.jit.", "sklearn.", "keras.", "tensorflow.", "xgboost.")),
    ("model-weights", ("lightgbm.", "catboost.", "transformers.", "sentence_transformers.", "spacy.")),
    ("inference-buffers", ("torch.", "jaxlib.")),
    ("image-buffers", ("numpy.", "PIL.", "cv2.", "pandas.", "pyarrow.", "polars.", "array.array", "mmap.")),
)
"""Beginnings of qualified type names."""
_CALLS = (
    ("model-weights", ("onnxruntime.InferenceSession", "onnx.load", "torch.load", "torch.jit.load", "safetensors.")),
    ("model-weights", ("joblib.load", "keras.models.load_model", "tensorflow.saved_model.load", "pickle.load")),
    ("model-weights", ("pickle.Unpickler", "_pickle.load", "cloudpickle.load")),
    ("image-buffers", ("numpy.", "PIL.", "cv2.", "pandas.", "pyarrow.", "polars.", "array.array", "mmap.mmap")),
    ("inference-buffers", ("torch.",)),
)
"""Beginnings of the names that a line calls, as they are imported."""
_FILES = (
    ("import-time", ("<frozen importlib", "<frozen zipimport", "/importlib/")),
    ("model-weights", ("/onnxruntime/", "/safetensors/", "/joblib/", "/torch/serialization.py", "/torch/_utils.py")),
    ("model-weights", ("/torch/nn/init.py", "/torch/nn/parameter.py", "/pickle.py")),
    ("inference-buffers", ("/torch/",)),
    ("image-buffers", ("/numpy/", "/PIL/", "/cv2/", "/pandas/", "/pyarrow/", "/polars/")),
)
"""Parts of a library's file name."""
UNPICKLED = ("pickle.load", "pickle.Unpickler", "_pickle.load", "cloudpickle.load")
"""Callables that load models and any other data: what came of them decides."""


def of_type(name: str) -> str:
    """The category of what a type, by its qualified name, holds."""
    return _found(_TYPES, name) or "data-structures"


def of_holding(holding: Holding) -> str:
    """The category of what a name held: by its type, what it contains, and when it was made."""
    if holding.at_start:
        return "import-time"
    own = of_type(holding.type)
    return own if own != "data-structures" else of_type(holding.element)


def of_library(file: str) -> str:
    """The category of what a library's (or a frozen) file allocated."""
    path = file.replace("\\", "/")
    for slug, marks in _FILES:
        if any(path.startswith(mark) or (mark.startswith("/") and mark in path) for mark in marks):
            return slug
    return "data-structures"


def of_calls(calls: Iterable[str], loaded: Iterable[Holding] = ()) -> str:
    """The category of what a line of the project allocated, by what it calls.

    Args:
        calls: names of what the line calls, as they are imported: `pickle.load`.
        loaded: what the function's names held. What is unpickled is a model's weights only where a model was seen,
            or nothing of its size was.
    """
    names = list(calls)
    slugs = [slug for slug in (_found(_CALLS, name) for name in names) if slug]
    if not slugs:
        return "data-structures"
    if all(name.startswith(UNPICKLED) for name in names if _found(_CALLS, name) == "model-weights"):
        kinds = [of_holding(one) for one in loaded]
        if kinds and "model-weights" not in kinds:
            return kinds[0]
    return slugs[0]


def _found(table: Iterable[tuple[str, tuple[str, ...]]], name: str) -> str:
    return next((slug for slug, beginnings in table if name.startswith(beginnings)), "")
