"""One spelling of an e-mail address, in which no other address can look the same."""

import unicodedata

import idna
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from usher.refusals import Refused

EMAIL_MAX = 150  # it is also the user name, whose column is this long


class InvalidAddress(Refused):
    """A text that is no e-mail address with which somebody can sign in."""


def normal_address(text: str) -> str:
    """The address in lower case and in ASCII, without spaces around it and without a dot at its end.

    A domain with letters outside ASCII is written as mail servers do (xn--…): letters of other scripts that look like
    Latin ones cannot imitate an existing account. Tags (ada+asana@…) are other addresses, and stay.

    Raises InvalidAddress.
    """
    address = unicodedata.normalize("NFKC", text).strip().lower()
    local, at, domain = address.rpartition("@")
    domain = domain.rstrip(".")
    if not local.isascii():
        raise InvalidAddress(
            f"“{text.strip()[:EMAIL_MAX]}” has letters outside a–z before the @.",
            "Usher takes none there, because such letters can imitate another address.",
        )
    if domain and not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode()
        except idna.IDNAError as error:
            raise InvalidAddress(f"“{domain[:EMAIL_MAX]}” is not a domain.", "Check the address.") from error
    address = f"{local}{at}{domain}"
    try:
        validate_email(address)
    except ValidationError as error:
        raise InvalidAddress(
            f"“{address[:EMAIL_MAX]}” is not an e-mail address.", "Check the address."
        ) from error
    if len(address) > EMAIL_MAX:
        raise InvalidAddress(f"The address has more than {EMAIL_MAX} characters.", "Use a shorter one.")
    return address


def as_user_name(text: str) -> str:
    """What was typed to sign in, as it is stored; as it stands when it is no address."""
    try:
        return normal_address(text)
    except InvalidAddress:
        return text.strip().lower()
