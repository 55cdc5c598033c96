"""`python -m streams.cli`: the command line without the installed script."""

from __future__ import annotations

import sys

from streams.cli import main

sys.exit(main())
