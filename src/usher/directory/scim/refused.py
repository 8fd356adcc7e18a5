"""Refusals of SCIM requests, in our own words. What the library says is replaced: it is made for programmers."""

from scim2_models import (
    InvalidSyntaxException,
    InvalidValueException,
    NotFoundException,
    SCIMException,
    UniquenessException,
)


class OurWords(str):
    """A sentence of ours, which is shown as it is."""


class TooManyRequestsException(SCIMException):
    """HTTP status 429, which the library lacks."""

    status = 429


BY_TYPE = {
    "invalidFilter": "The filter cannot be understood, or compares something that Usher does not have.",
    "invalidPath": "A path in the request names nothing that Usher has.",
    "invalidSyntax": "The body is not a JSON object as SCIM describes it.",
    "invalidValue": "A value in the request is missing, or is not of the kind that SCIM expects.",
    "mutability": "The request changes an attribute that only the server sets.",
    "noTarget": "The request changes an entry that is not there.",
    "tooMany": "The filter matches too many resources. Ask for them in pages.",
    "uniqueness": "Another resource has this value, which only one can have.",
}
BY_STATUS = {
    400: "The request cannot be understood.",
    401: "The bearer token is missing, wrong or replaced. Create a new one on the source's page in Usher.",
    403: "This is not allowed.",
    404: "There is nothing at this address.",
    405: "This address does not answer this method.",
    412: "It has changed since the version that the request names. Read it again.",
    413: "The request is too large. Send it in parts.",
    415: "The body must be JSON, with the content type application/scim+json.",
    501: "Usher does not offer this part of SCIM.",
}


def not_found(text: str) -> NotFoundException:
    return NotFoundException(detail=OurWords(text))


def taken(text: str) -> UniquenessException:
    return UniquenessException(detail=OurWords(text))


def invalid_value(text: str) -> InvalidValueException:
    return InvalidValueException(detail=OurWords(text))


def invalid_syntax(text: str) -> InvalidSyntaxException:
    return InvalidSyntaxException(detail=OurWords(text))


def in_our_words(refusal: SCIMException) -> SCIMException:
    """The same refusal with a sentence of ours."""
    if not isinstance(refusal.detail, OurWords):
        text = BY_TYPE.get(refusal.scim_type) or BY_STATUS.get(refusal.status, BY_STATUS[400])
        refusal._detail = OurWords(text)
        refusal.args = (text,)
        refusal._error = None
    return refusal
