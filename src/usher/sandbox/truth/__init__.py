"""The truth about the company, for tests to compare against."""
