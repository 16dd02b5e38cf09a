"""The kernel compiled by numba. Imported only when there is enough work to pay for it.

The compiled code is kept on disk and renewed when ``kernel.py`` changes, which is why every compiled function
stands in that file.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numba.extending import overload, register_jitable

from narratives.features import kernel


def _zeros(n):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202  (numba compares the signatures)
    return lambda n: np.zeros(n, np.int64)


overload(kernel.zeros)(_zeros)


for _function in (
    kernel.mix,
    kernel.power_above,
    kernel.tokenise,
    kernel.extract,
    kernel.find_terms,
    kernel.next_node,
    kernel.vote,
    kernel.match_concepts,
    kernel.extract_concepts,
    kernel.extract_scopes,
    kernel.fills,
    kernel.find_chain,
    kernel.fit_pattern,
    kernel.extract_patterns,
    kernel.event_limit,
    kernel.add_scores,
    kernel.extract_paragraph,
):
    register_jitable(_function)

extract_paragraph = njit(cache=True, nogil=True)(kernel.extract_paragraph)
score_paragraphs = njit(cache=True, nogil=True)(kernel.score_paragraphs)
