"""What a visitor's browser loads, as compressed as it is sent."""

from __future__ import annotations

import gzip
import re
import urllib.request
from collections.abc import Sequence
from urllib.parse import urljoin

from bench.figures import Figure
from bench.product import Product

LINKS = re.compile(r"""(?:src|href|from|import)\s*[=(]?\s*["']([^"'#]+\.(?:js|css|svg|woff2))["']""")


def run(product: Product) -> Sequence[Figure]:
    """The loader by itself, and with everything that the opened widget loads."""
    loader, _ = _load(f"{product.url}/widget/loader.js")
    return [
        Figure("widget loader", loader / 1024, "KB", at_most=10),
        Figure("whole widget", (loader + _whole(f"{product.url}/widget/", set())) / 1024, "KB", at_most=60),
    ]


def _whole(url: str, seen: set[str]) -> int:
    """Bytes of a page or module and of everything it names."""
    if url in seen:
        return 0
    seen.add(url)
    size, text = _load(url)
    if not url.endswith((".js", "/")):
        return size
    found = (urljoin(url, link) for link in LINKS.findall(text))
    return size + sum(_whole(one, seen) for one in found)


def _load(url: str) -> tuple[int, str]:
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})  # noqa: S310 - our own address
    with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310 - our own address
        body = reply.read()
        packed = reply.headers.get("Content-Encoding") == "gzip"
    return len(body), (gzip.decompress(body) if packed else body).decode("utf-8", "replace")
