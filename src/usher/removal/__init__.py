"""Removing people from Asana: cases, approvals, guardrails, steps and evidence."""
