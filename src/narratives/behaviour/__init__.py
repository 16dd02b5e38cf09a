"""Behaviour tests (Ribeiro et al. 2020, "Beyond accuracy: behavioral testing of NLP models with CheckList").

Minimum function: short texts that must or must not carry a frame. Invariance: a change that must not change the answer.
Direction: a change that must move a probability one way. All of them are data (`data/behaviour`), read by `suite`, changed by
`changes` and run by `runs`.
"""
