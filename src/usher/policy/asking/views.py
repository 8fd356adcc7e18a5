"""The page of a question, for whoever has its link, and the page of all questions of a rule."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from usher.access.roles import Action, needs
from usher.access.throttle.attempts import wrong_token
from usher.policy.asking.answer import QuestionOver, answer_question, question_of
from usher.policy.asking.ask import KEEP, RELEASE
from usher.policy.asking.figures import answer_figures, released_seats
from usher.policy.asking.tables import QuestionsTable
from usher.policy.models import Policy, SeatQuestion
from usher.web.csv_export import csv_download
from usher.web.lists import configure_table


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """A GET shows the question and changes nothing, since mail scanners follow links."""
    question = question_of(token)
    if question is None:
        wrong_token(request, "question")
        return render(request, "policy/answer.html", {"is_over": True}, status=404)
    context: dict[str, object] = {"question": question, "chosen": request.GET.get("answer", "")}
    if request.method == "POST" and request.POST.get("answer") in (RELEASE, KEEP):
        try:
            releases = request.POST["answer"] == RELEASE
            context["question"] = answer_question(token, releases=releases, why=request.POST.get("why", ""))
        except QuestionOver:
            context["is_over"] = True
        else:
            context["is_answered"] = True
    elif question.state != SeatQuestion.State.ASKED:
        context["is_over"] = True
    return render(request, "policy/answer.html", context)


@needs(Action.READ)
@require_GET
def questions(request: HttpRequest, pk: int) -> HttpResponse:
    policy = get_object_or_404(Policy, pk=pk)
    table = QuestionsTable(policy.questions.select_related("case"))
    configure_table(request, table)
    context = {
        "rule": policy,
        "table": table,
        "figures": answer_figures(policy),
        "seats": released_seats(policy),
    }
    return render(request, "policy/questions.html", context)


@needs(Action.READ)
@require_GET
def questions_csv(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    policy = get_object_or_404(Policy, pk=pk)
    records = (
        {
            "about": one.name,
            "asked": one.address,
            "manager": "yes" if one.is_to_manager else "no",
            "asked_at": one.asked_at.isoformat(),
            "answer": SeatQuestion.State(one.state).label,
            "answered_at": one.answered_at.isoformat() if one.answered_at else None,
            "said": one.why,
            "problem": one.problem,
            "case": one.case_id,
        }
        for one in policy.questions.order_by("pk").iterator(chunk_size=2_000)
    )
    columns = ["About", "Asked", "Manager", "When", "Answer", "Answered", "Said", "Problem", "Case"]
    return csv_download(f"rule-{pk}-questions", columns, records)
