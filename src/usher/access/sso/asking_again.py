"""What the state of a sign-in says of when somebody was asked, and when they proved who they are."""

ASKED_AGAIN_AT = "asked_again_at"
"""Seconds since 1970. Such a sign-in is a proof of who is signed in already (`sso.proofs`)."""

SIGNED_IN_AT = "signed_in_at"
"""Seconds since 1970: `VerifiedIdentity.signed_in_at`."""
