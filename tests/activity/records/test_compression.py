"""A record comes out of compression as it went in, byte for byte, or it does not come out at all."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.activity.written_events import an_event
from usher.activity.records.compression import (
    LONGEST_DICTIONARY,
    Compressor,
    RecordDamaged,
    checksum,
    decompress,
    dictionary_of,
    make_dictionary,
)

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)
records = st.one_of(
    any_json.map(json.dumps),
    any_json.map(lambda value: json.dumps(value, ensure_ascii=False, indent=1)),
    st.dictionaries(st.text(), any_json, max_size=4).map(
        lambda fields: an_event(**(fields | {"gid": "1"})).raw
    ),
    st.text(min_size=1),
).filter(lambda text: "\x00" not in text and text.encode("utf-8", "ignore").decode() == text)


@given(records, st.lists(records, max_size=20))
def test_any_record_with_any_samples_reads_back_byte_for_byte(record: str, samples: list[str]) -> None:
    dictionary = make_dictionary(samples)
    packed = Compressor(dictionary).compress(record)
    assert decompress(packed, dictionary) == record
    assert dictionary_of(packed) == (checksum(dictionary) if dictionary else None)


@given(records, st.integers(0, 10_000), st.integers(1, 255))
def test_a_record_with_one_wrong_byte_is_refused_and_not_read_as_another(
    record: str, place: int, change: int
) -> None:
    dictionary = make_dictionary(['{"gid":"12","event_type":"user_login_succeeded"}'])
    packed = bytearray(Compressor(dictionary).compress(record))
    packed[place % len(packed)] ^= change
    try:
        read = decompress(bytes(packed), dictionary)
    except RecordDamaged:
        return
    assert read == record, "a bit that zlib ignores changes nothing"


@given(records, st.integers(1, 20))
def test_a_record_that_breaks_off_is_refused(record: str, missing: int) -> None:
    packed = Compressor(b"").compress(record)
    with pytest.raises(RecordDamaged):
        decompress(packed[:-missing], b"")


def test_another_dictionary_does_not_read_it() -> None:
    packed = Compressor(b"one dictionary").compress("a record")
    with pytest.raises(RecordDamaged):
        decompress(packed, b"another dictionary")


def test_a_dictionary_makes_the_records_of_a_company_much_smaller() -> None:
    events = [an_event(actor={"gid": str(n), "name": f"Person {n}"}).raw for n in range(100)]
    dictionary = make_dictionary(events[::10])
    whole = sum(len(raw.encode()) for raw in events)
    assert sum(len(Compressor(dictionary).compress(raw)) for raw in events) < whole / 4


def test_a_dictionary_is_as_long_as_zlib_looks_back() -> None:
    assert len(make_dictionary(["x" * 1000] * 100)) == LONGEST_DICTIONARY
