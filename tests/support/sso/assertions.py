"""SAML answers that a test signs itself, right or wrong."""

import base64
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from onelogin.saml2.constants import OneLogin_Saml2_Constants
from onelogin.saml2.utils import OneLogin_Saml2_Utils

IDP = "https://idp.example/metadata"
SP = "http://testserver/sign-in/saml/corp/metadata/"
ACS = "http://testserver/sign-in/saml/corp/acs/"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"


@dataclass(frozen=True)
class Signer:
    key: str
    certificate: str


@cache
def signer(name: str) -> Signer:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(private, hashes.SHA256())
    )
    return Signer(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
        made.public_bytes(serialization.Encoding.PEM).decode(),
    )


def metadata(certificate: str) -> str:
    body = "".join(certificate.splitlines()[1:-1])
    return f"""<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{IDP}">
<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
<ds:X509Certificate>{body}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/>
</md:IDPSSODescriptor></md:EntityDescriptor>"""


def moment(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Answer:
    """One answer of the identity provider. Each part can be changed."""

    in_response_to: str | None = None
    subject: str = "person-1"
    name_id_format: str = PERSISTENT
    email: str = "ada@example.com"
    groups: tuple[str, ...] = ()
    issuer: str = IDP
    audience: str = SP
    recipient: str = ACS
    destination: str = ACS
    begins: float = -60
    ends: float = 300
    signed_in: float = 0
    status: str = "Success"
    assertion_id: str = field(default_factory=lambda: f"_{uuid4().hex}")

    def assertion(self) -> str:
        answers = f' InResponseTo="{self.in_response_to}"' if self.in_response_to else ""
        groups = "".join(f"<saml:AttributeValue>{group}</saml:AttributeValue>" for group in self.groups)
        return f"""<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"
 ID="{self.assertion_id}" Version="2.0" IssueInstant="{moment(0)}">
<saml:Issuer>{self.issuer}</saml:Issuer><saml:Subject>
<saml:NameID Format="{self.name_id_format}">{self.subject}</saml:NameID>
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
<saml:SubjectConfirmationData NotOnOrAfter="{moment(self.ends)}" Recipient="{self.recipient}"{answers}/>
</saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{moment(self.begins)}" NotOnOrAfter="{moment(self.ends)}">
<saml:AudienceRestriction><saml:Audience>{self.audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>
<saml:AuthnStatement AuthnInstant="{moment(self.signed_in)}" SessionIndex="1"><saml:AuthnContext>
<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>
</saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>
<saml:Attribute Name="email"><saml:AttributeValue>{self.email}</saml:AttributeValue></saml:Attribute>
<saml:Attribute Name="displayName"><saml:AttributeValue>Ada Lovelace</saml:AttributeValue></saml:Attribute>
<saml:Attribute Name="groups">{groups}</saml:Attribute>
</saml:AttributeStatement></saml:Assertion>"""

    def around(self, assertion: str) -> str:
        answers = f' InResponseTo="{self.in_response_to}"' if self.in_response_to else ""
        return f"""<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
 xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"
 ID="_{uuid4().hex}" Version="2.0" IssueInstant="{moment(0)}" Destination="{self.destination}"{answers}>
<saml:Issuer>{self.issuer}</saml:Issuer>
<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:{self.status}"/></samlp:Status>
{assertion}</samlp:Response>"""

    def signed(self, by: Signer | None = None, algorithm: str = OneLogin_Saml2_Constants.RSA_SHA256) -> str:
        """As an identity provider sends it."""
        return self.around(sign(self.assertion(), by or signer("idp"), algorithm))


def sign(xml: str, by: Signer, algorithm: str = OneLogin_Saml2_Constants.RSA_SHA256) -> str:
    digest = (
        OneLogin_Saml2_Constants.SHA1
        if algorithm == OneLogin_Saml2_Constants.RSA_SHA1
        else OneLogin_Saml2_Constants.SHA256
    )
    made = OneLogin_Saml2_Utils.add_sign(xml, by.key, by.certificate, False, algorithm, digest)
    text = made.decode() if isinstance(made, bytes) else str(made)
    return text.removeprefix("<?xml version='1.0' encoding='UTF-8'?>").strip()


def encoded(xml: str) -> str:
    return base64.b64encode(xml.encode()).decode()


__all__ = ["ACS", "IDP", "SP", "TRANSIENT", "Answer", "encoded", "metadata", "replace", "sign", "signer"]
