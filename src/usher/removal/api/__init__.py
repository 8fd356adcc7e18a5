"""Leavers, cases and licences to pause in the REST API. A token acts with the role of its owner."""
