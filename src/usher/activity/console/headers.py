"""The columns of the member CSV, by their names in the languages of Asana's Admin Console."""

import re
from collections.abc import Sequence
from enum import StrEnum

from usher.csvfiles.headers import spelling
from usher.csvfiles.problems import unreadable

EXPORT_AGAIN = "Export the members in Asana's Admin Console again, and upload that file unchanged."


class MemberField(StrEnum):
    GID = "gid"
    NAME = "name"
    EMAIL = "email"
    JOINED = "joined"
    FIRST_LOGIN = "first_login"
    LAST_ACTIVITY = "last_activity"
    LOGIN_METHOD = "login_method"
    KIND = "kind"

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS = {
    MemberField.GID: "User ID",
    MemberField.NAME: "Name",
    MemberField.EMAIL: "E-mail",
    MemberField.JOINED: "Joined",
    MemberField.FIRST_LOGIN: "First login",
    MemberField.LAST_ACTIVITY: "Last activity",
    MemberField.LOGIN_METHOD: "Login method",
    MemberField.KIND: "Member or guest",
}

DATES = (MemberField.JOINED, MemberField.FIRST_LOGIN, MemberField.LAST_ACTIVITY)

# English, German, French, Spanish, Portuguese, Italian, Japanese. Capitals, accents and blanks do not matter.
_NAMES = {
    MemberField.GID: """
        gid, id, user id, user gid, member id, Asana id, Asana user id, Benutzer-ID, Nutzer-ID, Mitglieds-ID,
        ID utilisateur, identifiant, identifiant utilisateur, ID de usuario, ID del usuario, ID do usuário,
        ID de usuário, ID utente, ユーザーID, ユーザーGID, メンバーID
    """,
    MemberField.NAME: """
        name, full name, user, user name, member, member name, display name, vollständiger Name, Benutzername,
        Benutzer, Mitglied, nom, nom complet, nom d'utilisateur, utilisateur, membre, nombre, nombre completo,
        usuario, miembro, nome, nome completo, usuário, membro, nome utente, utente, 名前, 氏名, ユーザー名,
        ユーザー, メンバー名, メンバー
    """,
    MemberField.EMAIL: """
        email, email address, mail, user email, member email, E-Mail-Adresse, adresse e-mail, adresse mail,
        adresse électronique, courriel, correo, correo electrónico, dirección de correo electrónico,
        dirección de correo, endereço de e-mail, correio eletrônico, correio eletrónico, indirizzo e-mail,
        indirizzo email, メール, メールアドレス, Eメール, Eメールアドレス, 電子メール, 電子メールアドレス
    """,
    MemberField.JOINED: """
        joined, joined date, join date, date joined, joined on, joined at, joined Asana, member since,
        date joined organization, date joined organisation, joined organization, joined organisation,
        date joined workspace, joined workspace, date added, added on,
        Beitrittsdatum, beigetreten, beigetreten am, Datum des Beitritts, Mitglied seit,
        date d'inscription, date d'adhésion, date d'arrivée, inscrit le, a rejoint le, membre depuis,
        fecha de ingreso, fecha de incorporación, fecha de unión, fecha de alta, se unió, se unió el,
        miembro desde, data de ingresso, data de entrada, data de adesão, ingressou em, entrou em,
        membro desde, data di iscrizione, data di adesione, iscritto dal, membro dal,
        参加日, 登録日, 参加日時, 加入日
    """,
    MemberField.FIRST_LOGIN: """
        first login, first login date, date of first login, first log in, first sign in, first sign in date,
        first signed in, erste Anmeldung, Datum der ersten Anmeldung, erster Login, erstes Anmeldedatum,
        première connexion, date de première connexion, date de la première connexion,
        primer inicio de sesión, fecha del primer inicio de sesión, fecha de primer inicio de sesión,
        primer acceso, primeiro login, data do primeiro login, primeiro acesso, data do primeiro acesso,
        primeiro início de sessão, primo accesso, data del primo accesso, data primo accesso,
        初回ログイン, 初回ログイン日, 初回ログイン日時, 最初のログイン, 最初のログイン日
    """,
    MemberField.LAST_ACTIVITY: """
        last activity, last activity date, last activity at, date of last activity, last active,
        last active date, last active on, last seen, letzte Aktivität, Datum der letzten Aktivität,
        letztes Aktivitätsdatum, zuletzt aktiv, zuletzt aktiv am, dernière activité,
        date de dernière activité, date de la dernière activité, actif pour la dernière fois,
        última actividad, fecha de última actividad, fecha de la última actividad, última vez activo,
        activo por última vez, última atividade, data da última atividade, data de última atividade,
        ativo pela última vez, ultima attività, data ultima attività, data dell'ultima attività,
        最終アクティビティ, 最終アクティビティ日, 最終アクティビティ日時, 最終活動日, 最終アクティブ日,
        最後のアクティビティ, 最後のアクティビティ日
    """,
    MemberField.LOGIN_METHOD: """
        login method, log in method, sign in method, authentication method, Anmeldemethode, Anmeldeverfahren,
        méthode de connexion, mode de connexion, método de inicio de sesión, método de acceso,
        método de login, método de acesso, metodo di accesso, ログイン方法
    """,
    MemberField.KIND: """
        member or guest, member/guest, member type, user type, account type, type, internal, is internal,
        guest, is guest, Mitglied oder Gast, Mitglied/Gast, Mitgliedstyp, Benutzertyp, Typ, intern, Gast,
        membre ou invité, membre/invité, type de membre, type d'utilisateur, interne, invité,
        miembro o invitado, miembro/invitado, tipo de miembro, tipo de usuario, tipo, interno, invitado,
        membro ou convidado, membro/convidado, tipo de membro, tipo de usuário, convidado,
        membro o ospite, tipo di membro, tipo di utente, ospite,
        メンバータイプ, ユーザータイプ, 種類, 内部, ゲスト, メンバー/ゲスト, メンバーまたはゲスト
    """,
}


_FIELDS = {spelling(name): field for field, names in _NAMES.items() for name in names.split(",")}


_IN_BRACKETS = re.compile(r"\s*[(\[][^)\]]*[)\]]\s*$")
_NEVER = re.compile(
    r"\b(?:never|not (?:yet )?(?:logged|signed)|no log-?in|nie|noch nie|noch nicht|jamais|pas encore|nunca|aún no|"
    r"todavía no|ainda não|mai|non ancora|non ha (?:ancora|mai))\b|まだ|^未",
    re.IGNORECASE,
)


def says_never(text: str) -> bool:
    """Whether a cell of dates says in words that there was none, such as “Not yet logged in”."""
    return _NEVER.search(text) is not None and not any(map(str.isdigit, text))


def field_of(header: str) -> MemberField | None:
    """Also with a remark in brackets, such as “Last Activity (UTC)”."""
    return _FIELDS.get(spelling(header)) or _FIELDS.get(spelling(_IN_BRACKETS.sub("", header)))


def is_known(header: str) -> bool:
    return field_of(header) is not None


def locate_columns(headers: Sequence[str]) -> dict[MemberField, int]:
    """The position of each field. Of two columns for one field, the first one is used.

    Raises UnreadableFile if a required column is missing, or if two columns are for the same date or the e-mail.
    """
    places: dict[MemberField, int] = {}
    for place, header in enumerate(headers):
        field = field_of(header)
        if field is None:
            continue
        if field not in places:
            places[field] = place
        elif field in (*DATES, MemberField.EMAIL):
            raise unreadable(
                f"The columns “{headers[places[field]]}” and “{header}” both seem to be: {field.label}.",
                "Delete or rename the wrong one, and upload the file again.",
                1,
                header,
            )
    names = ", ".join(f"“{header}”" for header in headers)
    if MemberField.EMAIL not in places:
        raise unreadable(
            f"No column holds the e-mail address. The columns are: {names}.",
            "Export the members in Asana's Admin Console again, or name the column “Email”.",
            1,
        )
    if not any(field in places for field in DATES):
        raise unreadable(
            f"No column holds a date (joined, first login or last activity). The columns are: {names}.",
            "Export the members in Asana's Admin Console again, or name the column “Last activity”.",
            1,
        )
    return places
