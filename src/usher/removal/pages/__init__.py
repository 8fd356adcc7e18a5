"""The pages of leavers and cases, page by page."""
