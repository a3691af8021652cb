"""The table of outages in docs/operating.md: each row is shown by tests that exist, and quotes what the bridge says."""

import ast
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
DOCUMENT = REPOSITORY / "docs" / "operating.md"

SHOWN_BY = {
    "the chart is away, for days too": [
        "delivery/test_outages_chart.py::test_a_chart_away_for_days_with_thousands_waiting_is_asked_gently_and_takes_"
        "todays_photos_first",
        "chaos/test_chaos_drain.py::test_waiting_photos_drain_at_the_charts_pace",
        "test_service_notices.py::test_an_outage_is_told_once_when_it_begins_and_once_when_it_ends",
        "delivery/test_delivery_policy.py::test_what_is_the_charts_fault_stops_the_practice_and_not_the_photo",
    ],
    "the bridge's token was revoked": [
        "delivery/test_outages_chart.py::test_a_token_that_is_revoked_stops_the_practice_until_there_is_another",
        "delivery/test_outages_chart.py::test_a_token_that_is_revoked_is_nothing_to_a_bridge_with_a_password",
    ],
    "the bridge's user was deactivated, or its password changed": [
        "delivery/test_outages_chart.py::test_a_user_that_is_deactivated_stops_the_practice_and_does_not_hammer_the_"
        "login",
        "delivery/test_outages_chart.py::test_an_account_that_was_refused_is_tried_again_a_minute_later_without_a_"
        "restart",
        "delivery/test_delivery_chart.py::test_a_refused_account_pauses_the_practice_and_says_so_once",
    ],
    "a captive portal answers in the chart's place": [
        "delivery/test_outages_chart.py::test_a_captive_portal_stops_the_practice_and_is_never_taken_for_the_chart",
    ],
    "the network does not know the chart's name": [
        "delivery/test_outages_network.py::test_a_name_that_the_network_does_not_know_stops_the_practice_until_it_is_"
        "known",
    ],
    "the chart's certificate has expired": [
        "delivery/test_outages_network.py::test_a_certificate_that_is_not_valid_now_stops_the_practice_until_there_is_"
        "another",
    ],
    "this computer's clock is wrong": [
        "delivery/test_delivery_days.py::test_photos_whose_day_is_in_doubt_wait_and_are_told_of_once",
        "delivery/test_delivery_days.py::test_photos_wait_for_the_clocks_and_no_longer",
        "delivery/test_delivery_days.py::test_photos_that_came_while_this_clock_was_behind_go_to_the_day_that_the_phone_"
        "says",
        "test_scheduler.py::test_a_clock_that_was_set_back_stops_no_job",
        "test_scheduler.py::test_a_clock_that_was_set_forward_by_years_calls_a_job_once_for_all_it_missed",
        "delivery/test_delivery_late.py::test_a_late_image_is_removed_though_the_clock_was_set_meanwhile",
        "delivery/test_delivery_failing.py::test_a_photo_that_failed_by_a_clock_far_behind_is_not_taken_for_one_that_"
        "fails_since",
        "delivery/test_outages_network.py::test_a_certificate_that_is_not_valid_now_stops_the_practice_until_there_is_"
        "another",
        "delivery/test_outages_network.py::test_photos_that_came_while_this_clock_was_wrong_are_sent_once_it_is_right",
        "cli/test_cli_check.py::test_clocks_that_are_apart_are_bad",
    ],
    "the chart's clock is wrong": [
        "delivery/test_delivery_days.py::test_photos_whose_day_two_clocks_tell_are_sent_though_the_chart_says_another",
        "delivery/test_outages_network.py::test_a_clock_of_the_chart_that_is_wrong_stops_nothing",
        "cli/test_cli_check.py::test_clocks_that_are_apart_are_bad",
    ],
    "the disk of the data folder is full": [
        "photos/test_store_outages.py::test_a_disk_that_is_full_at_any_write_refuses_that_write_and_keeps_all_that_was_"
        "accepted",
        "chaos/test_chaos_disk.py::test_a_full_disk_loses_nothing_and_photos_flow_again_when_there_is_room",
    ],
    "the bridge is started on a full disk": [
        "chaos/test_chaos_disk_start.py::test_a_bridge_that_was_stopped_starts_on_a_full_disk_and_goes_on_when_there_is_"
        "room",
        "chaos/test_chaos_disk_restart.py::test_a_bridge_started_on_a_full_disk_serves_and_goes_on_when_there_is_room",
    ],
    "the disk of the PostgreSQL server is full": [
        "chaos/test_chaos_disk_postgres.py::test_a_full_disk_under_postgresql_loses_nothing_and_photos_flow_again_when_"
        "there_is_room",
    ],
    "another program has locked `bridge.db`": [
        "delivery/test_outages_store.py::test_a_database_that_another_program_has_locked_makes_all_wait_and_loses_"
        "nothing",
        "photos/test_store_outages.py::test_a_database_that_stays_locked_is_given_up_with_a_sentence_and_leaves_nothing_"
        "behind",
    ],
    "the database is away, restarts, or takes no writes": [
        "delivery/test_outages_postgres.py::test_a_database_that_goes_away_refuses_photos_and_all_flows_when_it_is_back",
        "photos/test_postgres.py::test_a_server_that_goes_and_comes_back_needs_no_restart_of_the_bridge",
        "photos/test_postgres.py::test_a_database_that_takes_no_writes_is_not_served_from",
    ],
    "the database undoes what the bridge did (a deadlock)": [
        "delivery/test_outages_postgres.py::test_what_the_database_undoes_is_done_again_and_each_photo_is_in_the_chart_"
        "once",
    ],
    "the power goes": [
        "photos/test_store_crashes.py::test_bytes_are_on_the_disk_under_their_name_before_the_row_is_committed",
        "photos/test_store_crashes.py::test_a_photo_that_comes_again_is_on_the_disk_before_anyone_is_told_so",
        "photos/test_store_crashes.py::test_what_a_power_cut_may_undo_is_on_the_disk_before_any_bytes_go",
        "photos/test_store_crashes.py::test_a_rename_that_a_power_cut_undid_is_done_again",
        "photos/test_postgres.py::test_commits_wait_for_the_disk_even_where_the_server_would_not",
        "delivery/test_outages_store.py::test_a_power_cut_before_the_receipt_is_on_the_disk_leaves_one_image",
    ],
    "a bridge is killed": [
        "chaos/test_chaos_kill.py::test_photos_are_in_the_chart_once_however_often_bridges_are_killed",
        "delivery/test_delivery_kill.py::test_every_accepted_photo_is_delivered_once_whenever_the_bridge_is_killed",
        "delivery/test_delivery_claims.py::test_photos_of_a_bridge_that_is_gone_come_back_and_wake_the_workers",
    ],
    "a practice was taken out of the config": [
        "delivery/test_delivery_left_behind.py::test_photos_of_a_practice_that_was_taken_out_go_a_week_after_they_were_"
        "done",
        "delivery/test_delivery_left_behind.py::test_photos_that_wait_for_a_practice_that_was_taken_out_are_held_and_"
        "told_of_once",
    ],
    "`bridge.db` is damaged": [
        "photos/test_store_opening.py::test_a_damaged_database_is_said_to_be_damaged",
        "photos/test_store_opening.py::test_damage_found_while_the_bridge_runs_is_said_to_be_damage",
    ],
}
"""The tests of each row of the table, by its first column."""


def rows() -> dict[str, list[str]]:
    """The rows of the table under "Outages": the other cells, by the first."""
    section = DOCUMENT.read_text("utf-8").partition("\n## Outages\n")[2].partition("\n## ")[0]
    lines = [line.strip("|").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    return {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines[2:]}


def sentences(cell: str) -> list[str]:
    """What a cell quotes of the bridge's own words, but for log lines: all between backticks that has spaces."""
    quoted = re.findall(r"(?<!`)`([^`]+)`(?!`)|`` (.+?) ``", cell)
    return [text for text in map("".join, quoted) if " " in text and not text.startswith("event=")]


def said_by_the_bridge() -> str:
    """All texts in the bridge's code, one a line; what an f-string fills in is left out."""
    texts = []
    for path in sorted((REPOSITORY / "bridge").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(" ".join(node.value.split()))
    return "\n".join(texts)


def test_every_row_is_shown_by_tests_and_no_test_stands_for_a_row_that_is_gone() -> None:
    assert list(rows()) == list(SHOWN_BY)


@pytest.mark.parametrize("row", SHOWN_BY)
def test_every_row_is_complete_and_its_tests_exist(row: str) -> None:
    assert len(rows()[row]) == 3
    assert all(rows()[row])
    assert SHOWN_BY[row]
    for shown in SHOWN_BY[row]:
        file, _, test = shown.partition("::")
        tree = ast.parse((REPOSITORY / "tests" / file).read_text("utf-8"))
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert test in functions


def test_the_words_that_people_see_are_the_bridges_own() -> None:
    said = said_by_the_bridge()
    quoted = [sentence for cells in rows().values() for sentence in sentences(cells[1])]
    assert len(quoted) >= len(SHOWN_BY) - 3
    for sentence in quoted:
        for piece in re.split(r"ADDRESS|\bN\b|\((?:\.\.\.|DeadlockDetected)\)", sentence):
            assert piece.strip(" .;()") in said, sentence
