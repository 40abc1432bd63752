"""Walks through 10,000 people on both REST surfaces with the paginators of a client that knows nothing of the service
(dlt's), while others make, change and delete people: who was there at the start comes exactly once.

    walks.py http://127.0.0.1:8080
"""

import collections
import sys
import threading

import requests
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from dlt.sources.helpers.rest_client.paginators import JSONLinkPaginator, JSONResponseCursorPaginator

PEOPLE = 10_000
MAKERS = 4
# As fixtures/demo.json has it.
TOKEN = "5b3c1a52-8f0e-4a5e-9a57-0d6f6e1c2b11"


def session():
    made = requests.Session()
    made.headers["Authorization"] = f"Bearer {TOKEN}"
    return made


def make(url, count, ids):
    with session() as http:
        for _ in range(count):
            answer = http.post(f"{url}/api/v1/users/", json={"locale": "de"})
            answer.raise_for_status()
            ids.append(answer.json()["id"])


def at_once(work, *arguments):
    threads = [threading.Thread(target=work, args=arguments) for _ in range(MAKERS)]
    for thread in threads:
        thread.start()
    return threads


def write(url, people, done, written):
    """Changes those who were there, and makes others who come and go."""
    with session() as http:
        number = 0
        while not done.is_set():
            number += 1
            mine = []
            make(url, 1, mine)
            changed = people[number * 7 % len(people)]
            http.patch(f"{url}/api/v1/users/{changed}/", json={"locale": "en"}).raise_for_status()
            if number % 2:
                http.delete(f"{url}/api/v1/users/{mine[0]}/").raise_for_status()
            written.append(number)


def walk(url, path, paginator, parameters, data):
    client = RESTClient(url, auth=BearerTokenAuth(TOKEN), paginator=paginator, data_selector=data)
    seen = collections.Counter()
    for page in client.paginate(path, params=parameters):
        seen.update(person["id"] for person in page)
    return seen


def main(url):
    people = []
    for thread in at_once(make, url, PEOPLE // MAKERS, people):
        thread.join()
    assert len(people) == PEOPLE, "not everybody was made"
    walks = {
        "client users by pages": ("/api/v1/users/", JSONLinkPaginator("next"), {"page_size": 500}, "results"),
        "client users by cursor": ("/api/v1/users/", JSONLinkPaginator("next"), {"page_size": 500, "cursor": ""}, "results"),
        "platform users": (
            "/core/v1/users",
            JSONResponseCursorPaginator("nextCursor", "cursor"),
            {"limit": 500},
            "data",
        ),
    }
    wrong = 0
    for name, arguments in walks.items():
        done, written = threading.Event(), []
        writers = at_once(write, url, people, done, written)
        seen = walk(url, *arguments)
        done.set()
        for writer in writers:
            writer.join()
        missing = sum(seen[person] != 1 for person in people)
        print(f"{name}: {len(seen)} people, {len(written)} changed meanwhile, {missing} of {PEOPLE} not exactly once")
        wrong += missing + (not written)
    sys.exit(wrong > 0)


main(sys.argv[1].rstrip("/"))
