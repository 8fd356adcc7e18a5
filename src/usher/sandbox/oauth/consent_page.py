"""The pages of the sandbox's OAuth flow, without scripts."""

from html import escape
from string import Template

from usher.sandbox.company.company import Company

_FRAME = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light dark; --ink: #1e1f21; --soft: #6d6e6f; --line: #d8d9da;
  --card: #fff; --page: #f6f5f4; --accent: #3f51c7; --note: #fff3d6; --note-ink: #5b4300; }
@media (prefers-color-scheme: dark) { :root { --ink: #f1f1f1; --soft: #b0b1b3; --line: #4a4b4d;
  --card: #2a2b2d; --page: #1b1c1e; --accent: #8794f2; --note: #4a3b12; --note-ink: #ffe7ad; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 30rem; margin: 6vh auto; padding: 2rem; background: var(--card); border-radius: 12px;
  border: 1px solid var(--line); }
h1 { font-size: 1.35rem; margin: 1rem 0 .5rem; }
p { margin: .5rem 0; }
.note { background: var(--note); color: var(--note-ink); border-radius: 8px; padding: .6rem .9rem;
  font-size: .9rem; }
.soft { color: var(--soft); font-size: .9rem; overflow-wrap: anywhere; }
fieldset { border: 0; padding: 0; margin: 1.2rem 0; }
legend { font-weight: 600; padding: 0; margin-bottom: .4rem; }
label { display: flex; gap: .7rem; align-items: flex-start; padding: .6rem .8rem;
  border: 1px solid var(--line); border-radius: 8px; margin-top: .5rem; cursor: pointer; }
label:has(:checked) { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
label input { margin-top: .35rem; accent-color: var(--accent); }
.actions { display: flex; gap: .7rem; justify-content: flex-end; }
button { font: inherit; padding: .55rem 1.2rem; border-radius: 8px; border: 1px solid var(--line);
  background: transparent; color: inherit; cursor: pointer; }
button.main { background: var(--accent); border-color: var(--accent); color: var(--card); font-weight: 600; }
button:focus-visible, input:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
code { display: block; padding: .8rem 1rem; border: 1px dashed var(--line); border-radius: 8px;
  font-size: 1.05rem; overflow-wrap: anywhere; user-select: all; }
</style>
</head>
<body>
<main>
<p class="note">This is a sandbox, not Asana. The people and companies in it are invented.</p>
$content
</main>
</body>
</html>
""")


def _page(title: str, content: str) -> str:
    return _FRAME.substitute(title=escape(title), content=content)


def consent_page(company: Company, fields: list[tuple[str, str]]) -> str:
    """Asks whom to sign in as, and whether to allow access. `fields` are sent along."""
    hidden = "\n".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in fields
    )
    redirect_uri = dict(fields)["redirect_uri"]
    return _page(
        "Allow access? - Asana sandbox",
        f"""<h1>Allow this app to use your account?</h1>
<p>It will be able to read and change everything that you can in your workspaces.</p>
<form method="post" action="/-/oauth_authorize">
{hidden}
<fieldset>
<legend>You are signed in as</legend>
{_account_choices(company)}
</fieldset>
<p class="soft">The answer goes to {escape(redirect_uri)}</p>
<div class="actions">
<button type="submit" name="decision" value="deny">Deny</button>
<button type="submit" name="decision" value="allow" class="main">Allow</button>
</div>
</form>""",
    )


def _account_choices(company: Company) -> str:
    choices: list[str] = []
    for account in company.accounts:
        if account.is_service_account:
            continue
        person = company.people[account.person]
        first = company.workspaces[company.memberships[person.memberships[0]].workspace]
        checked = "" if choices else " checked"
        choices.append(
            f'<label><input type="radio" name="account" value="{account.person}"{checked}>'
            f"<span>{escape(person.name)}<br>"
            f'<span class="soft">{escape(account.role)} · {escape(first.name)} · '
            f"{escape(person.email or '')}</span></span></label>"
        )
    return "\n".join(choices)


def code_page(code: str) -> str:
    return _page(
        "Your code - Asana sandbox",
        f"""<h1>Copy this code</h1>
<p>Paste it where the app asks for it. It works once, for ten minutes.</p>
<code id="code">{escape(code)}</code>""",
    )


def refused_page(error: str, description: str) -> str:
    return _page(
        "Not allowed - Asana sandbox",
        f"""<h1>No access was given</h1>
<p id="error">{escape(error)}</p>
<p class="soft">{escape(description)}</p>""",
    )
