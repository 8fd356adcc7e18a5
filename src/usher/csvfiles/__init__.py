"""The one reader of files that other systems export: encodings, column names, dates, problems by line."""
