"""Packs, dates and amounts: pure arithmetic over plain values. No Django, no database, no floats."""
