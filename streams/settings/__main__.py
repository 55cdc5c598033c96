"""`python -m streams.settings --markdown` prints docs/settings.md."""

from __future__ import annotations

import sys

from streams.settings.document import markdown

if sys.argv[1:] != ["--markdown"]:
    sys.exit(f"usage: python -m streams.settings --markdown, not {sys.argv[1:]}")
sys.stdout.write(markdown())
