"""``python -m gradcheck``."""

from __future__ import annotations

import sys

from gradcheck.cli.main import main

sys.exit(main())
