"""What Schemathesis cannot know by itself of the demo data and of our formats."""

import base64
import itertools
import re
from datetime import datetime

import schemathesis
from hypothesis import strategies as st


def cursor(moment: datetime, identifier: str) -> str:
    text = f"createdAt={moment.isoformat(timespec='milliseconds')}Z&id={identifier}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


moments = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1))
schemathesis.openapi.format("cursor", st.builds(cursor, moments, st.uuids().map(str)))
# Those of the demo organization.
schemathesis.openapi.format("organization-locale", st.sampled_from(["en", "de"]))


count = itertools.count()


def is_id(value: object) -> bool:
    digits = isinstance(value, str) and value.isascii() and value.isdigit()
    number = isinstance(value, int) and not isinstance(value, bool)
    return (digits or number) and 0 < int(value) < 2**63


@schemathesis.hook.apply_to(tag="Action API")
def before_call(context, case, kwargs):
    """Ids that are drawn belong to nobody: these are a project's, and its people's. What is no id is left as it is."""
    body = case.body
    if isinstance(body, dict):
        if is_id(body.get("group_id")):
            body["group_id"] = 1001
        if is_id(body.get("connected_to")):
            body["connected_to"] = 9001
        if is_id(body.get("clogin_id")):
            # A parent and its child; those who are deleted are new ones, or nobody.
            drawn = int(body["clogin_id"])
            body["clogin_id"] = 9101 + drawn % 50 if body.get("action") == "delete" else 9001 + drawn % 2
    # One key for many calls would hide what they answer.
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and re.fullmatch("[!-~]{1,200}", key):
        case.headers["Idempotency-Key"] = f"{key}{next(count)}"
