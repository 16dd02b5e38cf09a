"""``python -m narratives.cli`` is ``narratives``."""

import sys

from narratives.cli import main

sys.exit(main())
