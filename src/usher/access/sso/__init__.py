"""Single sign-on: people sign in with the identity provider of their company, through django-allauth.

`providers` says which there are, `oidc` and `saml` read who somebody is, `admission` says whose account that is,
`groups` gives the role, and `policy` says who may sign in otherwise.
"""
