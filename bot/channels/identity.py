"""The customer as the host page's own server vouches for: a short signed token.

`base64url(JSON {"ref": "c-17", "exp": 1790000000}) + "." + base64url(HMAC-SHA256 of the first part)`,
with the secret that the site's server and `FRONTLINE_IDENTITY_SECRET` share. `exp` is in Unix seconds.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta

import orjson

from bot.core.errors import FrontlineError
from bot.store.records import Verified

LIFETIME = timedelta(hours=24)
SKEW = timedelta(minutes=1)  # by which the site's clock may differ from ours
# The company's own name for a customer: a reference, never a sentence.
REF = r"^[A-Za-z0-9_.:@-]{1,64}$"


def refused(code: str, message: str) -> FrontlineError:
    return FrontlineError(code, message, status=403)


def verified(token: str, secret: str, now: datetime) -> Verified:
    """Raises `identity_off`, `identity_invalid` or `identity_expired`."""
    if not secret:
        raise refused("identity_off", "no identity secret is configured")
    payload, _, signature = token.partition(".")
    expected = hmac.new(secret.encode(), payload.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
    if not hmac.compare_digest(expected, _decoded(signature)):
        raise refused("identity_invalid", "the identity was not signed with our secret")
    try:
        said = orjson.loads(_decoded(payload))
        ref, until = said["ref"], said["exp"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise refused("identity_invalid", "the identity needs ref and exp") from error
    if not isinstance(ref, str) or not re.fullmatch(REF, ref) or type(until) is not int:
        raise refused("identity_invalid", "the identity needs ref and exp")
    if until <= now.timestamp():
        raise refused("identity_expired", "the identity has expired")
    if until > (now + LIFETIME + SKEW).timestamp():
        raise refused("identity_invalid", "an identity lives for 24 hours at most")
    return Verified(ref, datetime.fromtimestamp(until, UTC))


def _decoded(part: str) -> bytes:
    """Base64url with or without padding; nothing when it is neither."""
    try:
        return base64.b64decode(part.rstrip("=") + "=" * (-len(part.rstrip("=")) % 4), "-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
