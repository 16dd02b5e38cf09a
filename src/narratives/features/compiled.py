"""The kernel compiled by numba. Imported only when there is enough work to pay for it.

The compiled code is kept on disk and renewed when ``kernel.py`` changes, which is why every compiled function
stands in that file.
"""

from __future__ import annotations

from inspect import getmembers, isfunction

import numpy as np
from numba import njit
from numba.extending import overload, register_jitable

from narratives.features import kernel


def _zeros(n):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202  (numba compares the signatures)
    return lambda n: np.zeros(n, np.int64)


def _float_zeros(n):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    return lambda n: np.zeros(n, np.float64)


overload(kernel.zeros)(_zeros)
overload(kernel.float_zeros)(_float_zeros)

for _name, _function in getmembers(kernel, isfunction):
    if _name not in ("zeros", "float_zeros"):
        register_jitable(_function)

_compiled = njit(cache=True, nogil=True)
make_cache = _compiled(kernel.make_cache)
extract_paragraph = _compiled(kernel.extract_paragraph)
score_paragraphs = _compiled(kernel.score_paragraphs)
simple_forms = _compiled(kernel.simple_forms)
