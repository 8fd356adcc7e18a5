"""Requests that are refused: at the door, and in which form programs are told."""
