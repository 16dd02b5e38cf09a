"""Text as the model sees it: normalised, with a way back to the characters that came in."""

from narratives.text.normalise import Normalised, normalise
from narratives.text.paragraphs import Paragraph, split_article

__all__ = ["Normalised", "Paragraph", "normalise", "split_article"]
