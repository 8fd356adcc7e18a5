"""Reading files that other systems export: encodings, headers, dates, and problems by line."""
