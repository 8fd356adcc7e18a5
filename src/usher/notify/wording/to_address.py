"""The kinds that go to somebody without an account in Usher: questions and letters of rules."""

from usher.access.roles import UserRole
from usher.notify.wording.kind import NoticeKind

TO_ADDRESS = [
    NoticeKind(
        "ask_person",
        "Question to somebody who seems idle",
        "Sent by rules that ask first, to the person.",
        UserRole.ADMIN,
        "Do you still need your Asana seat?",
        "{greeting}\n\n{question}\n\n{otherwise}\n\nThe links below open a page that shows the question. Nothing is "
        "decided before you answer there.",
        {
            "greeting": "Hello Zoë,",
            "question": "as far as Usher knows, you last used Asana on 12 August.",
            "otherwise": "Without an answer by 12 December, an admin will be asked to release your seat.",
        },
        to_address=True,
        asks=True,
    ),
    NoticeKind(
        "ask_manager",
        "Question to a manager",
        "Sent by rules that ask first, to the person's manager.",
        UserRole.ADMIN,
        "Does {person} still need an Asana seat?",
        "{greeting}\n\n{question}\n\n{otherwise}\n\nThe links below open a page that shows the question. Nothing is "
        "decided before you answer there.",
        {
            "person": "Zoë Young",
            "greeting": "Hello Ann,",
            "question": "as far as Usher knows, Zoë Young last used Asana on 12 August, and has not answered.",
            "otherwise": "Without an answer by 12 December, an admin will be asked to release the seat.",
        },
        to_address=True,
        asks=True,
    ),
    NoticeKind(
        "make_public",
        "Before somebody's last day",
        "Sent by rules to people who are about to leave: which work only they can reach, and how to make it public.",
        UserRole.ADMIN,
        "Before your last day: make private work in Asana public",
        "{greeting}\n\nyour last day is {last_day}. After it, you cannot open {account} in Asana any more, and "
        "nobody can open what only you could open.\n\n{seen}\n\n{things}\n\n{unseen}\n\n"
        "How to do it in Asana:\n\n{steps}\n\n{help}",
        {
            "greeting": "Hello Zoë,",
            "last_day": "4 December 2026",
            "account": "Acme",
            "seen": "As far as Usher sees, this depends on you alone:",
            "things": [
                "Project “Budget 2027” (Acme): private, and nobody else is in it",
                "2 open tasks in no project (Acme)",
            ],
            "unseen": "Usher cannot see all private tasks and projects, so please look through yours.",
            "steps": [
                "A private project: open it, click Share, and share it with the team or the organization, or add a "
                "colleague.",
                "A private task: open it, and make it public, add it to a project that others are in, or add a "
                "colleague as a collaborator.",
            ],
            "help": "Questions? Ask your manager, Ann Cox (ann.cox@example.com).",
        },
        to_address=True,
    ),
]
