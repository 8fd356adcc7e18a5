"""Mishaps that others reported in public, rebuilt with invented people."""
