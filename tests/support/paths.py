"""Where the repository's own files lie, wherever it is checked out."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
REFERENCE = Path(os.environ.get("ASANA_REFERENCE", ROOT.parent / "shared" / "reference"))
CONTRAST = (Path(__file__).parent / "web" / "contrast.js").read_text()
