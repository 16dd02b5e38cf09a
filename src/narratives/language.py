"""Which language a text is in: a code and a confidence, and ``und`` where that cannot be told.

The work is done by py3langid. All of its languages compete, so that Polish is not taken for German because German
is supported and Polish is not; the supported ones are preferred only between themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

UNDETERMINED = "und"
SAMPLE = 4000  # characters looked at; more changes nothing
CERTAIN_ENOUGH = 0.5


@dataclass(frozen=True, slots=True)
class Language:
    """An ISO 639 code, or ``und``, with the confidence behind it (0 to 1)."""

    code: str
    confidence: float

    def to_dict(self) -> dict[str, object]:
        """Return plain data."""
        return {"code": self.code, "confidence": round(self.confidence, 4)}


def identify(text: str, supported: tuple[str, ...] = ()) -> Language:
    """Tell the language of a text; best asked once an article, since one short line often cannot tell.

    :param text: an article or a paragraph.
    :param supported: codes that a doubtful answer leans to when their shares together win.
    :return: the best code with its share, or ``und`` with the share of the best when that is under one half.
    """
    sample = text[:SAMPLE]
    if not any(character.isalpha() for character in sample):
        return Language(UNDETERMINED, 0.0)
    ranked = _identifier().rank(sample)
    code, share = ranked[0]
    ours = [(c, s) for c, s in ranked if c in supported]
    together = sum(s for _, s in ours)
    if together >= CERTAIN_ENOUGH and ours:
        code, share = ours[0][0], ours[0][1] / together * min(1.0, together)
    return Language(code if share >= CERTAIN_ENOUGH else UNDETERMINED, float(share))


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
