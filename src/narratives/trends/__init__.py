"""Shares of paragraphs by frame and voice, over time and by group, from tables that were scored."""
