"""Where things that cost time to make are kept between runs. All of it can be deleted at any time."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_folder() -> Path:
    """The user's cache folder for this project; it need not exist yet."""
    if "XDG_CACHE_HOME" in os.environ:
        parent = Path(os.environ["XDG_CACHE_HOME"])
    elif sys.platform == "darwin":
        parent = Path.home() / "Library" / "Caches"
    elif sys.platform == "win32":
        parent = Path(os.environ.get("LOCALAPPDATA", Path.home()))
    else:
        parent = Path.home() / ".cache"
    return parent / "punchtape"
