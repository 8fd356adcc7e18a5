"""The names of teams, projects and tasks."""

TEAM_WORDS = (
    "Design",
    "Finance",
    "Field",
    "Support",
    "Platform",
    "People",
    "Legal",
    "Launch",
    "Research",
    "Sales",
)
PROJECT_WORDS = (
    "Roadmap",
    "Hiring",
    "Relocation",
    "Price list",
    "Audit",
    "Website",
    "Onboarding",
    "Fair",
    "Budget",
)
TASK_WORDS = (
    "Draft the plan",
    "Call the supplier",
    "Review the numbers",
    "Book the room",
    "Update the sheet",
)
