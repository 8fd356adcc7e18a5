"""Seeing people out of Asana: cases, approvals, guardrails, steps and evidence."""
