"""Usher for assistants: tools and resources over the Model Context Protocol, which read, and open drafts."""
