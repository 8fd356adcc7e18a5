"""Telling people before their last day which work only they can reach."""
