"""FIT: what is written is what Garmin's own decoder and an independent one read, field by field."""

import io
import struct
from datetime import UTC, datetime, timedelta

import fitdecode
import pytest
from garmin_fit_sdk import Decoder, Stream

from barhold.exports import fit, fitfile
from barhold.model import Load
from trainingkit import START, made_session, made_set

LOADS = (Load(61.25, "kg"), Load(135, "lb"), None)


def by_garmin(data):
    """Return the messages as Garmin's decoder gives them; no error, and a CRC that is right."""
    assert Decoder(Stream.from_byte_array(bytearray(data))).check_integrity()  # it reads the stream to its end
    messages, errors = Decoder(Stream.from_byte_array(bytearray(data))).read()
    assert errors == []
    return messages


def by_fitdecode(data):
    """Return (name, {field: value}) in the file's order."""
    with fitdecode.FitReader(
        io.BytesIO(data), check_crc=fitdecode.CrcCheck.RAISE, error_handling=fitdecode.ErrorHandling.RAISE
    ) as reader:
        return [
            (frame.name, {field.name: field.value for field in frame.fields})
            for frame in reader
            if frame.frame_type == fitdecode.FIT_FRAME_DATA
        ]


def whole_s(moment):
    return moment.replace(microsecond=0)


def test_garmins_decoder_reads_every_set():
    session = made_session(loads=LOADS)
    messages = by_garmin(fit.activity(session))
    active, rest = messages["set_mesgs"][::2], messages["set_mesgs"][1::2]
    assert [one["set_type"] for one in messages["set_mesgs"]] == ["active", "rest", "active", "rest", "active"]
    assert [one["message_index"] for one in messages["set_mesgs"]] == [0, 1, 2, 3, 4]
    for one, item in zip(active, session, strict=True):
        assert one["repetitions"] == len(item.reps)
        assert (one["category"], one["category_subtype"]) == ("hip_raise", 1)
        assert (one["start_time"], one["timestamp"]) == (whole_s(item.start_utc), whole_s(item.end_utc))
        assert one["duration"] == 45
        assert one["developer_fields"][0] == pytest.approx(2.4, abs=1e-6)
    kg = [one.get("weight") for one in active]
    assert kg == [61.25, pytest.approx(135 * 0.45359237, abs=0.0313), None]
    assert [one.get("weight_display_unit") for one in active] == ["kilogram", "pound", None]
    for one, before in zip(rest, session[:-1], strict=True):
        assert (one["start_time"], one["duration"]) == (whole_s(before.end_utc), 135)
        assert not {"repetitions", "weight", "developer_fields"} & one.keys()


def test_garmins_decoder_reads_the_session_around_the_sets():
    session = made_session(loads=LOADS)
    messages = by_garmin(fit.activity(session))
    end = session[-1].end_utc
    [file_id], [one], [activity], [lap] = (
        messages[f"{name}_mesgs"] for name in ("file_id", "session", "activity", "lap")
    )
    assert (file_id["type"], file_id["manufacturer"]) == ("activity", "development")
    assert file_id["serial_number"] == 0xAABBCCDD
    assert file_id["time_created"] == whole_s(START)
    for part in (one, lap):
        assert (part["sport"], part["sub_sport"]) == ("training", "strength_training")
        assert (part["start_time"], part["timestamp"]) == (whole_s(START), whole_s(end))
        assert part["total_elapsed_time"] == part["total_timer_time"] == (end - START).total_seconds()
    assert (one["num_laps"], one["first_lap_index"]) == (1, 0)
    assert (activity["num_sessions"], activity["type"], activity["event"]) == (1, "manual", "activity")
    assert [event["event_type"] for event in messages["event_mesgs"]] == ["start", "stop_all"]
    [described] = messages["field_description_mesgs"]
    assert (described["field_name"], described["units"]) == ("mean_hold", "s")
    assert (described["native_mesg_num"], described["fit_base_type_id"]) == (225, 136)
    [developer] = messages["developer_data_id_mesgs"]
    assert bytes(developer["application_id"]) == b"barhold.mean.hld"


def test_an_independent_decoder_agrees_with_garmins():
    data = fit.activity(made_session(loads=LOADS))
    messages = by_garmin(data)
    frames = by_fitdecode(data)
    names = [name for name, _ in frames]
    assert names[:5] == ["file_id", "file_creator", "developer_data_id", "field_description", "device_info"]
    assert names[-3:] == ["lap", "session", "activity"]
    found = [fields for name, fields in frames if name == "set"]
    for theirs, garmins in zip(found, messages["set_mesgs"], strict=True):
        for name in ("repetitions", "duration", "set_type", "start_time", "timestamp", "message_index", "weight"):
            assert theirs.get(name) == garmins.get(name), name
        assert theirs.get("mean_hold") == garmins.get("developer_fields", {}).get(0)


def test_the_checksum_is_the_protocols_and_detects_a_flipped_bit():
    assert fitfile.crc(b"123456789") == 0xBB3D  # CRC-16/ARC
    data = bytearray(fit.activity(made_session()))
    assert struct.unpack_from("<H", data, 12)[0] == fitfile.crc(data[:12])
    for at in (20, len(data) // 2, len(data) - 3):
        data[at] ^= 4
        assert not Decoder(Stream.from_byte_array(data)).check_integrity()
        data[at] ^= 4


def test_a_load_beyond_the_fields_range_is_its_largest_value():
    for amount in (5000, 4095.9375):
        messages = by_garmin(fit.activity([made_set(load=Load(amount, "kg"))]))
        assert messages["set_mesgs"][0]["weight"] == pytest.approx(4095.875)


def test_back_to_back_sets_have_no_rest_between_them():
    session = [made_set(), made_set(START + timedelta(seconds=45), number=2)]
    assert [one["set_type"] for one in by_garmin(fit.activity(session))["set_mesgs"]] == ["active", "active"]


def test_files_are_named_after_start_and_sensor():
    assert fit.file_name(made_session()) == "barhold-20261122T180012Z-00112233aabbccdd.fit"
    assert whole_s(START) == datetime(2026, 11, 22, 18, 0, 12, tzinfo=UTC)
