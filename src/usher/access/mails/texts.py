"""The texts of e-mails about accounts."""

from usher.access.mails.outbox import Mail

FOOT = """\

{account}
{base_url}

If this was not you, change your password at once and tell an admin of Usher. An admin can deactivate the account.
"""

TEXTS: dict[str, tuple[str, str]] = {
    Mail.PROVE_ADDRESS: (
        "Confirm your new address for Usher",
        """\
{account} wants to sign in to Usher with this address.

If that is you, sign in to Usher, and open this link within an hour. It works once.

{link}

If it is not you, ignore this e-mail: nothing changes.
""",
    ),
    Mail.ADDRESS_ASKED: (
        "Somebody wants to change your address in Usher",
        "Your account is to get the address {new_address}. It changes when the owner of that address confirms it.\n"
        + FOOT,
    ),
    Mail.ADDRESS_CHANGED: (
        "Your address in Usher was changed",
        "From now on, your account has the address {new_address}. Changed by {by}. All sessions have ended.\n"
        + FOOT,
    ),
    Mail.PASSWORD_CHANGED: (
        "Your password for Usher was changed",
        "The password was changed from {place}. All other sessions have ended.\n" + FOOT,
    ),
    Mail.NEW_TOKEN: (
        "A new API token for Usher was created",
        "“{name}” can act in your name until {until}. It was created from {place}.\n" + FOOT,
    ),
    Mail.TOKEN_ENDS: (
        "An API token for Usher ends soon",
        "“{name}” ends on {until}. What uses it stops working then. Create a new token on your profile.\n"
        "\n{account}\n{base_url}\n",
    ),
    Mail.NEW_SERVICE_TOKEN: (
        "A new token of a service account of Usher was created",
        "“{name}” lets a program act as the service account “{service}” until {until}. {by} created it.\n"
        "You are told as its contact or, where it has none, as an admin. An admin can revoke it.\n"
        "\n{account}\n{base_url}\n",
    ),
    Mail.SERVICE_TOKEN_ENDS: (
        "A token of a service account of Usher ends soon",
        "“{name}” of the service account “{service}” ends on {until}. What uses it stops working then.\n"
        "An admin can create a new token or extend it, under Settings → Service accounts.\n"
        "\n{account}\n{base_url}\n",
    ),
    Mail.NEW_PASSKEY: (
        "A new passkey for Usher was added",
        "“{name}” can sign in to your account. It was added from {place}.\n" + FOOT,
    ),
    Mail.NEW_APP: (
        "A new authenticator app for Usher was added",
        "Its codes can now be used to sign in to your account. It was added from {place}.\n" + FOOT,
    ),
    Mail.FACTOR_REMOVED: (
        "A second factor for Usher was removed",
        "The {what} no longer works for your account. It was removed from {place}.\n" + FOOT,
    ),
    Mail.FACTOR_RESET: (
        "Your second factor for Usher was reset",
        "{by} removed your authenticator app, passkeys and recovery codes. All sessions have ended.\n" + FOOT,
    ),
    Mail.NEW_PLACE: (
        "A new sign-in to Usher",
        "Somebody signed in to your account from {place}, where you had not signed in before.\n" + FOOT,
    ),
    Mail.BREAK_GLASS: (
        "The break-glass account of Usher was used",
        "{name} signed in from {place}, without the identity provider.\n\n{account}\n{base_url}\n",
    ),
}


def text_of(kind: str, facts: dict[str, str | int]) -> tuple[str, str]:
    """Subject and body. Raises KeyError for a kind or fact that is missing."""
    subject, body = TEXTS[kind]
    return subject, body.format(**facts)
