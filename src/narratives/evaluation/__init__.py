"""Measuring a model: what it answers on labelled text, sliced, beside baselines, with intervals and gates."""
