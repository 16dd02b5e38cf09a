"""Looking after labelled paragraphs: floors, spread, agreement, repeats, give-aways, distance from other text."""
