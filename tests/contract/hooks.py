"""What Schemathesis cannot know by itself of the demo data and of our formats."""

import base64
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


def is_id(value: object) -> bool:
    digits = isinstance(value, str) and value.isascii() and value.isdigit()
    number = isinstance(value, int) and not isinstance(value, bool)
    return (digits or number) and 0 < int(value) < 2**63


@schemathesis.hook.apply_to(tag="Action API")
def map_body(context, body):
    """Ids that are drawn belong to nobody: these are a project's, and its people's. What is no id is left as it is."""
    if isinstance(body, dict):
        if is_id(body.get("group_id")):
            body["group_id"] = 1001
        for key in ("clogin_id", "connected_to"):
            if is_id(body.get(key)):
                body[key] = 9001 + int(body[key]) % 4
    return body
