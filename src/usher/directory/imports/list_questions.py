"""What a file leaves open as a list of people: whether it has everybody, who is gone, whose IDs are new, what was left
out. Asked before anything is stored, and answered on the page or by an option of the command.

Answers are kept with those about how the file is read, under keys of their own, and hold for this file only.
"""

from collections.abc import Mapping

import msgspec

from usher.directory.employees.keys import KeyAnswers, ReusedAs, SamePeople
from usher.directory.employees.list_tally import ListTally, is_many
from usher.directory.employees.records import LeftOut
from usher.directory.imports.questions import Item, Question
from usher.directory.imports.rows_seen import RowsSeen
from usher.directory.models import Source

LISTS, GONE, LEFT_OUT, NEW_IDS, REUSED_ID = "lists", "gone", "left_out", "new_ids", "reused_id:"
EVERYBODY, PART = "everybody", "part"
FEW_LEFT_OUT = 3
FEW_REUSED = 10
EXAMPLES = 10


class ListAnswers(msgspec.Struct, frozen=True):
    """What somebody has said about one file. `gone` and `left_out`: so many are accepted."""

    everybody: bool | None = None
    gone: int = 0
    left_out: int = 0
    keys: KeyAnswers = KeyAnswers()

    @classmethod
    def given(cls, chosen: Mapping[str, str]) -> "ListAnswers":
        said = list_answers(chosen)
        new_ids = said.get(NEW_IDS)
        return cls(
            everybody={EVERYBODY: True, PART: False}.get(said.get(LISTS, "")),
            gone=int(said.get(GONE, "0")),
            left_out=int(said.get(LEFT_OUT, "0")),
            keys=KeyAnswers(
                SamePeople(new_ids) if new_ids else None,
                {
                    key.removeprefix(REUSED_ID): ReusedAs(value)
                    for key, value in said.items()
                    if key.startswith(REUSED_ID)
                },
            ),
        )

    def lists_everyone(self, source: Source) -> bool:
        """Whether those who are missing from the file are no longer listed."""
        if source.absence == Source.Absence.IGNORE:
            return False
        return self.everybody if self.everybody is not None else source.lists_everyone is not False

    def asks_for_everybody(self, source: Source) -> bool:
        """Whether nobody has said yet if the source lists everybody."""
        return (
            self.everybody is None
            and source.lists_everyone is None
            and source.absence != Source.Absence.IGNORE
        )


def is_list_answer(key: str, value: str) -> bool:
    """Whether it answers one of these questions."""
    is_number = value.isascii() and value.isdigit() and len(value) < 10
    if key.startswith(REUSED_ID):
        return value in set(ReusedAs)
    return {
        LISTS: value in (EVERYBODY, PART),
        GONE: value == PART or is_number,
        LEFT_OUT: is_number,
        NEW_IDS: value in set(SamePeople),
    }.get(key, False)


def list_answers(chosen: Mapping[str, str]) -> dict[str, str]:
    """Those among all answers. “Not everybody is in this file” is about the lists of the source."""
    said = {key: value for key, value in chosen.items() if is_list_answer(key, value)}
    if said.get(GONE) == PART:
        del said[GONE]
        said[LISTS] = PART
    return said


def list_questions(
    source: Source, tally: ListTally, seen: RowsSeen, answers: ListAnswers, seats_left_out: int
) -> list[Question]:
    """Those whose answers change the numbers of the others come first, alone.

    `seats_left_out`: people with a seat in Asana to whom a row that was left out may belong.
    """
    who = [
        about_everybody(seen) if answers.asks_for_everybody(source) else None,
        about_new_ids(tally),
        about_reused_ids(tally),
    ]
    how_many = [
        about_rows_left_out(tally, answers, seats_left_out),
        about_people_gone(tally, answers, lists_everyone=answers.lists_everyone(source)),
    ]
    return [each for each in who if each] or [each for each in how_many if each]


def about_everybody(seen: RowsSeen) -> Question | None:
    is_part_of_asana = seen.internal_found * 3 < seen.internal_people * 2
    nobody_works = seen.rows > 0 and seen.working == 0
    if not is_part_of_asana and not nobody_works:
        return None
    why = (
        f"Nobody in it works here as far as it says: {seen.left:,} have left, and the sign-in of {seen.sign_in_off:,} "
        "is switched off."
        if nobody_works
        else f"It has {seen.internal_found:,} of the {seen.internal_people:,} members that Asana shows with an address."
    )
    item = Item(
        key=LISTS,
        text="The lists of this source hold",
        choices=(
            (EVERYBODY, "Everybody who works here: who is missing from a later list is no longer listed"),
            (PART, "A part of them: that somebody is missing from a list means nothing"),
        ),
        proposal="",
        option="--everybody, or --not-everybody",
    )
    return Question("Is this everybody who works here, or a part?", why, (item,))


def about_people_gone(tally: ListTally, answers: ListAnswers, *, lists_everyone: bool) -> Question | None:
    """A list that has shrunk, by itself or with those of the last 90 days; or that says of many that they left."""
    if not tally.drops or not is_many(tally.gone, tally.gone_of) or answers.gone >= tally.gone:
        return None
    before = (
        f", and {tally.gone_lately:,} who were missing from the lists of the last 90 days"
        if tally.gone_lately
        else ""
    )
    yes = (str(tally.gone), f"The file is complete and right: these {tally.gone:,} are gone")
    item = Item(
        key=GONE,
        text=f"{tally.gone:,} of {tally.gone_of:,} employees would be gone: {tally.drops:,} by this file{before}.",
        choices=(
            (PART, "Not everybody is in this file: nobody is gone because they are missing from it"),
            yes,
        )
        if lists_everyone
        else (yes,),
        proposal="",
        option=f"--not-everybody, or, if it is complete, --accept-drop {tally.gone}"
        if lists_everyone
        else f"--accept-drop {tally.gone}",
    )
    return Question("Is the file complete, and of this source?", "That is more than a tenth.", (item,))


def about_new_ids(tally: ListTally) -> Question | None:
    if tally.new_ids is None:
        return None
    found = tally.new_ids
    item = Item(
        key=NEW_IDS,
        text=f"These look like the same people with new IDs: {found.people:,} of {found.of:,}"
        f" ({found.by_address:,} by address, {found.by_name:,} by name).",
        choices=(
            (SamePeople.SAME.value, "The same people: they keep their history and their matches"),
            (SamePeople.OTHERS.value, "Other people: those with the old IDs are no longer listed"),
        ),
        proposal=SamePeople.SAME.value,
        option=f"--answer {NEW_IDS}=same, or --answer {NEW_IDS}=others",
        examples=found.examples,
    )
    return Question("Are these the same people with new IDs?", "The file has none of their old IDs.", (item,))


def about_reused_ids(tally: ListTally) -> Question | None:
    """One item for each ID; one for all where there are many."""
    reused = tally.reused_ids
    if not reused:
        return None
    items = (
        tuple(_reused(each.key, each.why) for each in reused)
        if len(reused) <= FEW_REUSED
        else (_reused("", f"{len(reused):,} IDs are of somebody else than before.", reused),)
    )
    why = "The same ID has another name and another address than before."
    return Question("The same person renamed, or somebody new?", why, items)


def _reused(key: str, text: str, examples: list[LeftOut] | None = None) -> Item:
    return Item(
        key=f"{REUSED_ID}{key}",
        text=text,
        choices=(
            (ReusedAs.SAME.value, "The same person, with a new name and address"),
            (ReusedAs.NEW.value, "Somebody new: the one from before is no longer listed"),
            (ReusedAs.LEAVE_OUT.value, "Leave the row out"),
        ),
        proposal="",
        option=f'--answer "{REUSED_ID}{key}=same", "=new" or "=leave_out"',
        examples=tuple(each.why for each in (examples or [])[:EXAMPLES]),
    )


def about_rows_left_out(tally: ListTally, answers: ListAnswers, seats: int) -> Question | None:
    rows = tally.left_out_unasked
    are_many = rows * 3 > tally.rows or (rows > FEW_LEFT_OUT and rows * 100 > tally.rows)
    if not rows or answers.left_out >= rows or not (are_many or tally.left_out_leaving or seats):
        return None
    because = [f"{rows:,} of {tally.rows:,} rows cannot be read."]
    if tally.left_out_leaving:
        because.append(f"{tally.left_out_leaving:,} of them could be of somebody who leaves.")
    if seats:
        because.append(f"{seats:,} may be of people with a seat in Asana.")
    shown = [row for row in tally.left_out if not row.by_choice][:EXAMPLES]
    item = Item(
        key=LEFT_OUT,
        text=" ".join(because),
        choices=(
            (str(rows), "Import the file without them: these employees stay as they are, with a remark"),
        ),
        proposal="",
        option=f"--accept-left-out {rows}",
        examples=tuple(f"line {row.line}: {row.why}" for row in shown),
    )
    why = "Correct the rows in the file and import it again, or leave them out."
    return Question("What about the rows that cannot be read?", why, (item,))
