"""What the SCIM endpoint says about itself: schemas, resource types, configuration."""

from usher.sandbox.api.scim_endpoint import CORE, listed, scim_endpoint
from usher.sandbox.http.answers import Record
from usher.sandbox.http.endpoint import Call


def service_provider_config(_: Call) -> Record:
    unsupported = {"supported": False}
    return {
        "schemas": [f"{CORE}ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": 100},
        "changePassword": unsupported,
        "sort": unsupported,
        "etag": unsupported,
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Service account token",
                "description": "The token of a service account as a bearer token",
            }
        ],
    }


def resource_types(_: Call) -> Record:
    return listed(
        [
            {
                "schemas": [f"{CORE}ResourceType"],
                "id": "User",
                "name": "User",
                "endpoint": "/Users",
                "schema": f"{CORE}User",
            }
        ]
    )


def schemas(_: Call) -> Record:
    def attribute(name: str, kind: str, *, required: bool = False) -> Record:
        return {
            "name": name,
            "type": kind,
            "multiValued": False,
            "required": required,
            "caseExact": False,
            "mutability": "readWrite",
            "returned": "default",
            "uniqueness": "server" if required else "none",
        }

    return listed(
        [
            {
                "schemas": [f"{CORE}Schema"],
                "id": f"{CORE}User",
                "name": "User",
                "description": "A member of the organization",
                "attributes": [
                    attribute("userName", "string", required=True),
                    attribute("active", "boolean"),
                    attribute("userType", "string"),
                ],
            }
        ]
    )


ROUTES = [
    scim_endpoint("GET", "/ServiceProviderConfig", service_provider_config),
    scim_endpoint("GET", "/ResourceTypes", resource_types),
    scim_endpoint("GET", "/Schemas", schemas),
]
