"""Uses a client that openapi-python-client has made of the description: use_client.py BASE_URL, with the demo data."""

import sys
import uuid

from clogin_client import AuthenticatedClient
from clogin_client.api.action_api import users_action
from clogin_client.api.client_users import (
    client_users_change,
    client_users_create,
    client_users_delete,
    client_users_list,
    client_users_read,
)
from clogin_client.api.platform_users import platform_create_user, platform_search_users
from clogin_client.models import (
    ClientFailure,
    ClientUserFields,
    ClientUserFieldsCustomPropertiesType0,
    GetInfoAnswer,
    GetInfoCall,
    GetInfoCallAction,
    PlatformUserFields,
    PlatformUserFieldsClaims,
    PlatformUserSearch,
    PlatformUserSearchClaims,
)

# The secret key of the demo organization.
TOKEN = "5b3c1a52-8f0e-4a5e-9a57-0d6f6e1c2b11"


def client_users(client: AuthenticatedClient, name: str) -> None:
    properties = ClientUserFieldsCustomPropertiesType0(external_id=name)
    fields = ClientUserFields(email=f"{name}@riverside.example", locale="de", custom_properties=properties)
    created = client_users_create.sync(client=client, body=fields)
    assert created.email == f"{name}@riverside.example" and created.locale == "de", created

    page = client_users_list.sync(client=client, external_id=name)
    assert page.count == 1 and page.results == [created], page

    change = ClientUserFields(locale="en")
    changed = client_users_change.sync(created.id, client=client, body=change)
    assert changed.locale == "en" and changed.email == created.email, changed

    deleted = client_users_delete.sync_detailed(created.id, client=client)
    assert deleted.status_code == 204, deleted
    gone = client_users_read.sync(created.id, client=client)
    assert isinstance(gone, ClientFailure), gone


def platform_users(client: AuthenticatedClient, name: str) -> None:
    claims = {"givenName": name, "address": {"city": "Auckland"}}
    fields = PlatformUserFields(claims=PlatformUserFieldsClaims.from_dict(claims))
    created = platform_create_user.sync(client=client, body=fields)
    assert created.claims.to_dict() == claims, created

    wanted = PlatformUserSearchClaims.from_dict({"givenName": name})
    found = platform_search_users.sync(client=client, body=PlatformUserSearch(claims=wanted, limit=2))
    assert found.data == [created], found


def action_api(client: AuthenticatedClient) -> None:
    call = GetInfoCall(action=GetInfoCallAction.GET_INFO, group_id=1001, clogin_id=9001)
    answer = users_action.sync(client=client, body=call)
    assert isinstance(answer, GetInfoAnswer), answer
    assert answer.success and answer.user_info.clogin_id == "9001", answer
    assert answer.meta_info.u_name == "Ella Fitz", answer


def main() -> None:
    client = AuthenticatedClient(base_url=sys.argv[1], token=TOKEN)
    name = f"contract-{uuid.uuid4().hex[:12]}"
    client_users(client, name)
    platform_users(client, name)
    action_api(client)
    print("the generated client works")


if __name__ == "__main__":
    main()
