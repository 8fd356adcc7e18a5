"""Usher: who sits in your Asana seats, who really uses them, and leavers seen out with proof."""
