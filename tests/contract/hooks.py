"""What Schemathesis cannot know by itself: our formats, the demo data, and what there can be only once."""

import base64
import itertools
import re
from datetime import datetime

import schemathesis
from hypothesis import strategies as st


def cursor(moment, identifier):
    text = f"createdAt={moment.isoformat(timespec='milliseconds')}Z&id={identifier}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


moments = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1))
schemathesis.openapi.format("cursor", st.builds(cursor, moments, st.uuids().map(str)))
# Those of the demo organization.
schemathesis.openapi.format("organization-locale", st.sampled_from(["en", "de"]))


count = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.path.startswith("/reg/"):
        if isinstance(case.body, dict):
            about_somebody(case.body)
        # One key for many calls would hide what they answer.
        key = (case.headers or {}).get("Idempotency-Key")
        if isinstance(key, str) and re.fullmatch("[!-~]+", key):
            case.headers["Idempotency-Key"] = unique(key)
    elif isinstance(case.body, dict):
        # Of these an organization has each once.
        link = case.body.get("authenticationProvider")
        if isinstance(link, dict) and "subjectId" in link:
            link["subjectId"] = unique(link["subjectId"])
        if case.path.endswith("/credentials") and "id" in case.body:
            case.body["id"] = unique(case.body["id"])


def about_somebody(body):
    """Ids that are drawn belong to nobody: these are a project's, and its people's."""
    if is_id(body.get("group_id")):
        body["group_id"] = 1001
    if is_id(body.get("connected_to")):
        body["connected_to"] = 9001
    if is_id(body.get("clogin_id")):
        # A parent and its child; those who are deleted are new ones, or nobody.
        drawn = int(body["clogin_id"])
        body["clogin_id"] = 9101 + drawn % 50 if body.get("action") == "delete" else 9001 + drawn % 2


def is_id(value):
    digits = isinstance(value, str) and value.isascii() and value.isdigit()
    number = isinstance(value, int) and not isinstance(value, bool)
    return (digits or number) and 0 < int(value) < 2**63


def unique(text):
    """A text that there was not, of at most 255 characters. What is invalid is left as it is."""
    if not isinstance(text, str) or not 1 <= len(text) <= 255:
        return text
    end = f"-{next(count)}"
    return text[: 255 - len(end)] + end
