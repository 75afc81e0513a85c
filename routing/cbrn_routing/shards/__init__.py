"""Exactly once: one partition number across topics, its state and its transactions."""
