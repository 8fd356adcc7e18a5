import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django import forms
from django.template import Context, Template, TemplateSyntaxError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

import usher
from usher.roster.models import Workspace
from usher.web.badges import BADGES
from usher.web.phrases import brief_duration, duration, initials


def shown(source: str, **context: object) -> str:
    return " ".join(Template(source).render(Context(context)).split())


def test_a_badge_says_its_word_and_has_an_icon() -> None:
    for kind, badges in BADGES.items():
        for value, expected in badges.items():
            badge = shown("{% badge kind value %}", kind=kind, value=value)
            assert f"</svg>{expected.text}</span>" in badge
            assert f"#{expected.icon}" in badge


def test_a_value_that_nobody_foresaw_is_shown_in_plain_words() -> None:
    assert "Super admin" in shown("{% badge 'role' 'super_admin' %}")
    assert "Unknown" in shown("{% badge 'role' '' %}")


def test_text_from_outside_is_escaped_in_every_component() -> None:
    evil = '<script>"x"</script>'
    for tag in (
        "{% badge 'role' evil %}",
        "{% pill evil %}",
        "{% empty evil text=evil %}",
        "{% problem evil why=evil todo=evil %}",
        "{% progress evil 1 2 evil %}",
        "{% stat evil evil sub=evil %}",
        "{% when None none=evil %}",
        "{% person evil evil %}",
        "{% copy evil evil %}",
        "{% chart 'id' evil 'line' data sub=evil %}",
    ):
        data = {"categories": [evil], "series": [{"name": evil, "values": [1]}], "unit": evil}
        assert "<script>" not in shown(tag, evil=evil, data=data), tag


def test_no_component_carries_a_style_or_a_handler_that_the_policy_forbids() -> None:
    folder = Path(usher.__file__).parent
    handed_on = {
        folder / "removal/templates/removal/evidence.html",  # a file to download, which no policy reaches
        folder / "notify/templates/notify/mail.html",  # its preview has a policy of its own, without scripts
    }
    for template in folder.rglob("templates/**/*.html"):
        if template in handed_on:
            continue
        source = re.sub(r"{[%{#].*?[%}#]}", "", template.read_text())
        assert not re.search(r"\sstyle\s*=", source), template
        assert not re.search(r"\son[a-z]+\s*=\s*[\"']", source), template
        assert not re.search(r'<style|<script(?![^>]*\b(?:src=|type="application/json"))', source), template


def test_an_unknown_figure_is_not_shown_as_zero() -> None:
    assert ">0<" in shown("{% stat 'Leavers' 0 %}")
    unknown = shown("{% stat 'Leavers' None %}")
    assert "unknown" in unknown
    assert "0" not in re.sub(r"<[^>]*>", "", unknown)


def test_figures_have_their_thousands_apart() -> None:
    assert "1,234,567" in shown("{% stat 'Seats' 1234567 trend=1200 %}")
    assert "+1,200" in shown("{% stat 'Seats' 1234567 trend=1200 %}")


def test_progress_without_an_end_has_no_value() -> None:
    assert "value=" not in shown("{% progress 'Asking Asana' %}").replace("aria-valuetext", "")
    assert 'value="5" max="20"' in shown("{% progress 'Reading' 5 20 %}")
    assert 'value="20" max="20"' in shown("{% progress 'Reading' 25 20 %}"), "never beyond its end"
    assert "1,240 of 2,000 people" in shown("{% progress 'Reading' 1240 2000 'people' %}")


def test_times_are_relative_with_the_full_time_of_the_viewers_zone_behind() -> None:
    moment = timezone.now() - timedelta(hours=3, minutes=5)
    with timezone.override("Asia/Tokyo"):
        text = shown("{% when moment %}", moment=moment)
    assert "3\xa0hours ago" in text.replace(" ", "\xa0") or "3 hours ago" in text
    assert "(JST)" in text
    assert moment.isoformat() in text


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(seconds=-5), "just now"),
        (timedelta(minutes=2), "2\xa0minutes ago"),
        (timedelta(days=-2, minutes=-1), "in 2\xa0days"),
    ],
)
def test_near_times(ago: timedelta, words: str) -> None:
    assert f">{words}<" in Template("{% when m %}").render(Context({"m": timezone.now() - ago}))


def test_a_time_long_ago_is_a_date_and_a_missing_one_a_word() -> None:
    assert ">20 Oct 2020<" in shown("{% when moment %}", moment=datetime(2020, 10, 20, 12, tzinfo=UTC))
    assert ">20 Oct 2020<" in shown("{% when day %}", day=date(2020, 10, 20))
    assert "never" in shown("{% when None none='never' %}")


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ada Lovelace", "AL"),
        ("Johann Sebastian Bach", "JB"),
        ("grace.hopper@example.com", "GH"),
        ("王小明", "王"),
        ("José", "J"),
        ("Ada 7", "A"),
        ("@lex Atanasov", "LA"),
        ("", "?"),
        ("12345", "?"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


@given(st.text())
def test_every_name_has_initials(name: str) -> None:
    assert initials(name)


@pytest.mark.parametrize(
    ("seconds", "words", "brief"),
    [
        (0, "0.0 seconds", "0.0 s"),
        (0.42, "0.4 seconds", "0.4 s"),
        (1, "1 second", "1 s"),
        (61, "1 minute 1 second", "1 min 1 s"),
        (900, "15 minutes", "15 min"),
        (3_900, "1 hour 5 minutes", "1 h 5 min"),
        (90_061, "1 day 1 hour", "1 d 1 h"),
    ],
)
def test_durations(seconds: float, words: str, brief: str) -> None:
    assert duration(timedelta(seconds=seconds)) == words
    assert brief_duration(timedelta(seconds=seconds)) == brief


def test_a_duration_that_is_not_known_is_a_dash() -> None:
    assert duration(None) == brief_duration(None) == "—"


def test_a_person_without_a_name_is_shown_by_e_mail_once() -> None:
    assert shown("{% person '' 'ada@example.com' %}").count("ada@example.com") == 1
    assert "Unknown person" in shown("{% person '' %}")


def test_a_button_of_a_problem_that_changes_something_is_a_form() -> None:
    assert '<form method="post" action="/again/">' in shown(
        "{% problem 'Broken' url='/again/' action='Again' method='post' %}"
    )
    assert '<a class="btn" href="/again/">' in shown("{% problem 'Broken' url='/again/' action='Again' %}")


class Sample(forms.Form):
    name = forms.CharField(help_text="As in Asana.")
    agree = forms.BooleanField()
    mode = forms.ChoiceField(
        choices=[("read", "Read: look only"), ("act", "Act")], widget=forms.RadioSelect, help_text="For now."
    )


def test_a_field_ties_help_and_errors_to_its_input() -> None:
    form = Sample({"name": ""})
    for source, css in (
        ("{% field form.name %}", "form-control"),
        ("{% field form.agree %}", "form-check-input"),
        ("{% field form.mode %}", "form-check-input"),
    ):
        text = shown(source, form=form)
        assert f'class="{css} is-invalid"' in text
        assert 'aria-invalid="true"' in text
        for described in re.findall(r'aria-describedby="([^"]*)"', text)[0].split():
            assert f'id="{described}"' in text


def test_a_group_of_radio_buttons_has_a_legend_and_says_what_each_means() -> None:
    text = shown("{% field form.mode %}", form=Sample(initial={"mode": "act"}))
    assert "<legend" in text
    assert '<span class="choice-label">Read</span> <span class="choice-words">Look only</span>' in text
    assert re.findall(r'value="(\w+)" id="[^"]+" checked', text) == ["act"]


def test_a_chart_has_the_same_figures_in_a_table_and_gaps_are_said() -> None:
    data = {
        "categories": ["May", "June"],
        "series": [{"name": "Seats", "values": [1200, None]}],
        "unit": "people",
    }
    text = shown("{% chart 'seats' 'Seats' 'line' data %}", data=data)
    assert '"values": [1200.0, null]' in text
    assert "1,200&nbsp;people" in text
    assert "not known" in text


def test_the_table_of_a_chart_has_thousands_and_at_most_two_decimals_and_escapes_names() -> None:
    data = {
        "categories": ["<b>May</b>", "June"],
        "series": [{"name": "Days", "values": [1234567.0, 4.3]}, {"name": "Half", "values": [1234.005, -2]}],
        "unit": "<min>",
    }
    text = shown("{% chart 'days' 'Days' 'bar' data %}", data=data)
    cells = re.findall(r'<td class="text-end">(.*?)</td>', text)
    assert [cell.partition("&nbsp;")[0] for cell in cells] == ["1,234,567", "1,234.01", "4.30", "-2"]
    assert '<th scope="row">&lt;b&gt;May&lt;/b&gt;</th>' in text
    assert all(cell.endswith("&nbsp;&lt;min&gt;") for cell in cells)


def test_the_options_of_a_select_are_escaped_and_the_chosen_one_is_marked() -> None:
    one, two = Workspace(pk=1, name="Acme & Co"), Workspace(pk=2, name="Globex")
    text = shown("{% options all two %}", all=[one, two], two=two)
    assert text == '<option value="1">Acme &amp; Co</option> <option value="2" selected>Globex</option>'


def test_a_chart_without_values_says_so_instead_of_drawing() -> None:
    data = {"categories": ["May"], "series": [{"name": "Seats", "values": [None]}]}
    text = shown("{% chart 'seats' 'Seats' 'line' data %}", data=data)
    assert "Nothing to draw yet" in text
    assert "data-chart=" not in text


def test_a_kind_of_chart_that_nobody_draws_is_refused() -> None:
    with pytest.raises(TemplateSyntaxError, match="no chart is a 'pie'"):
        shown("{% chart 'id' 'Title' 'pie' data %}", data={"categories": [], "series": []})
