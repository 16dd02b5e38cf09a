"""Has the text changed since a reference: scores, length, language, unknown words, concepts."""
