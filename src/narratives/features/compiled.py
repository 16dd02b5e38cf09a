"""The kernel compiled by numba. Imported only when there is enough work to pay for it.

The compiled code is kept on disk and renewed when ``kernel.py`` changes, which is why every compiled function
stands in that file.
"""

from __future__ import annotations

from numba import njit
from numba.extending import register_jitable

from narratives.features import kernel

for _function in (kernel.mix, kernel.tokenise, kernel.extract, kernel.event_limit, kernel.add_scores, kernel.extract_paragraph):
    register_jitable(_function)

extract_paragraph = njit(cache=True, nogil=True)(kernel.extract_paragraph)
score_paragraphs = njit(cache=True, nogil=True)(kernel.score_paragraphs)
