"""What assistants can ask: each module holds some tools."""
