"""The people of the client-users and platform-users APIs: those who are searched for, and what lists and reads may cost."""

import json
import sys

CONNECTIONS = 16
SCENARIOS = ["rest_read", "rest_list", "search"]
WITH_CLAIMS = 200


def make(service):
    """People with claims; returns the code of each, which nobody else has."""
    codes = [f"code-{number}" for number in range(WITH_CLAIMS)]
    for code in codes:
        claims = {"givenName": "Ella", "code": code, "address": {"city": "Newport"}}
        ask(service, "POST", "/core/v1/users", {"claims": claims})
    found = ask(service, "POST", "/core/v1/users/search", {"claims": {"code": codes[0]}})["data"]
    if len(found) != 1:
        sys.exit(f"{len(found)} people were found by a code that one has")
    return codes


def uuids(service):
    """Of everybody, from the list."""
    everybody, path = [], "/api/v1/users/?page_size=1000&cursor="
    while path:
        page = ask(service, "GET", path)
        everybody += [person["id"] for person in page["results"]]
        path = page["next"]
    return everybody


def ask(service, method, path, body=None):
    status, text = service.request(method, path, body)
    if status >= 300:
        sys.exit(f"{method} {path}: {status} {text}")
    return json.loads(text)


def check_budgets(bench, smallest, largest):
    for database in ["SQLite", "PostgreSQL"]:
        for scenario in SCENARIOS:
            few, many = (bench.find(database, scenario, users, CONNECTIONS) for users in [smallest, largest])
            if few and many and few is not many:
                name = f"{database}, {scenario}, {CONNECTIONS} connections: p50 with {largest:,} users of that with {smallest:,}"
                bench.budget(name, 1.2, many["p50_ms"] / few["p50_ms"])
    if row := bench.find("SQLite", "rest_list", largest, CONNECTIONS):
        bench.budget(f"SQLite, {largest:,} users: lists of 100", 1_540, row["per_second"], at_least=True, unit="/s")
