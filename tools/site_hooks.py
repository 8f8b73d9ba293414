"""What makes a site of the documentation: links to files of the repository, which no site has, become plain text."""

from __future__ import annotations

import re
from typing import Any

_OUTSIDE = re.compile(r"\[([^\]]+)\]\((?:\.\./(?!.*\.md)|reports/)[^)]*\)")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return a page without links that lead out of the site.

    Args:
        markdown: The page.
    """
    return _OUTSIDE.sub(r"\1", markdown)
