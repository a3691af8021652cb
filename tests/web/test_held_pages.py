"""The pages of held photos, as any browser gets them: they work without a script (bridge/web/held_views.py)."""

import json
import re
from collections.abc import Iterator

import pytest
from held_site import HOLD, HeldSite, held_site, text_of
from page_site import Browser

from bridge.holds import Hold, HoldReason
from bridge.photos import Act, Photo
from bridge.web.held_keys import station_keys
from bridge.web.held_words import ADVICE, HEADINGS
from noted import noted
from phone import Answer

NO_TYPE = Hold(HoldReason.NO_TYPE, "The name says no type; assign the photo by hand.")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HeldSite]:
    with held_site(tmp_path_factory.mktemp("held")) as running:
        yield running


@pytest.fixture(scope="module")
def nurse(site: HeldSite) -> Browser:
    return site.nurse()


@pytest.fixture
def photo(site: HeldSite) -> Photo:
    """The newest of the held photos."""
    return site.held()


def act(nurse: Browser, photo: Photo, **fields: str) -> Answer:
    """Send one of a photo's forms."""
    return nurse.press(f"/held/{photo.id}/", **fields)


class TestLooking:
    def test_the_queue_begins_with_the_newest(self, site: HeldSite, nurse: Browser, photo: Photo) -> None:
        body = nurse.get("/held/").body.decode()
        assert f'data-photo="{photo.id}"' in body
        assert HOLD.sentence in text_of(nurse.get("/held/"))

    def test_the_name_is_explained_word_by_word(self, nurse: Browser, photo: Photo) -> None:
        text = text_of(nurse.get(f"/held/{photo.id}/"))
        assert "#132 patient 132" in text
        assert "#rx type X-ray" in text

    def test_likely_patients_have_name_birth_date_and_why(self, nurse: Browser, photo: Photo) -> None:
        text = text_of(nurse.get(f"/held/{photo.id}/"))
        assert "Abril Camacho Rivas 123 · born 2015-11-16 Two digits are swapped Registered that day" in text

    def test_nobody_is_chosen_beforehand_where_the_patient_is_in_doubt(
        self, site: HeldSite, nurse: Browser, photo: Photo
    ) -> None:
        assert not re.search(r'name="patient"[^>]* checked', nurse.get(f"/held/{photo.id}/").body.decode())
        sure = site.held("#123", hold=NO_TYPE)
        body = nurse.get(f"/held/{sure.id}/").body.decode()
        assert re.search(r'name="patient" value="123" checked', body)

    def test_what_the_name_says_is_chosen_beforehand(self, nurse: Browser, photo: Photo) -> None:
        assert re.search(r'value="Xray"[^>]* checked', nurse.get(f"/held/{photo.id}/").body.decode())

    def test_the_picture_comes_shaped_and_is_noted(self, site: HeldSite, nurse: Browser, photo: Photo) -> None:
        answer = nurse.get(f"/held/{photo.id}/preview")
        assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
        assert answer.body != site.bridge.store.bytes_of(photo)
        assert ("seen", "nurse", photo.id) in [
            (each.action, each.who, each.photo_id) for each in noted(site.bridge.store, photo_id=photo.id)[::-1]
        ]

    def test_any_other_patient_is_found_without_a_script(self, nurse: Browser, photo: Photo) -> None:
        text = text_of(nurse.get(f"/held/{photo.id}/?q=zuniga"))
        assert "Ángela Zúñiga Peña 5" in text
        assert "Nobody has names" in text_of(nurse.get(f"/held/{photo.id}/?q=nobodyatall"))

    def test_a_search_of_the_script_is_answered_in_json(self, nurse: Browser) -> None:
        answer = nurse.get("/held/search/?q=zuniga", Accept="application/json")
        (found,) = json.loads(answer.body)["patients"]
        assert (found["id"], found["born"][:7]) == (5, "born 20")
        wrong = nurse.get("/held/search/?q=a", Accept="application/json")
        assert (wrong.status, "two letters" in json.loads(wrong.body)["error"]) == (400, True)

    def test_hostile_names_are_text(self, site: HeldSite, nurse: Browser) -> None:
        hostile = site.held('"><img src=x onerror=alert(1)>')
        for path in (f"/held/{hostile.id}/", "/held/list/"):
            body = nurse.get(path).body.decode()
            assert "<img src=x" not in body
            assert "&lt;img" in body

    @pytest.mark.parametrize("path", ["/held/999999/", "/held/999999/preview", "/held/x/", "/held/headshots/999999"])
    def test_what_is_not_there_is_404(self, nurse: Browser, path: str) -> None:
        assert nurse.get(path).status == 404

    def test_only_named_staff_come_in(self, site: HeldSite, photo: Photo) -> None:
        stranger = site.browser()
        for path in ("/held/", f"/held/{photo.id}/", f"/held/{photo.id}/preview", "/held/list/", "/held/search/?q=ana"):
            assert stranger.get(path).status == 303, path
        assert stranger.post(f"/held/{photo.id}/", {"act": "retry"}).status == 303


class TestDoing:
    def test_a_photo_is_filed_after_a_minute_and_the_next_one_is_shown(
        self, site: HeldSite, nurse: Browser, photo: Photo
    ) -> None:
        answer = act(nurse, photo, act="assign", patient="123", type="Xray")
        assert (answer.status, answer.headers["location"]) == (303, f"/held/?after={photo.id}")
        pending = site.bridge.store.pending_acts([photo.id])[photo.id]
        assert (pending.act, pending.actor) == (Act.ASSIGN, "nurse")
        assert pending.target is not None
        assert (pending.target.patient, pending.target.type, pending.target.station) == (123, "Xray", 3)
        assert 50 < (pending.due_at - pending.asked_at).total_seconds() <= 60
        text = text_of(nurse.get(answer.headers["location"]))
        assert f"Photo {photo.id} goes to patient 123 as X-ray" in text

    @pytest.mark.parametrize(("station", "number"), [("Dental1", 1), ("none", None), ("by-type", 4)])
    def test_the_station_is_as_chosen(
        self, site: HeldSite, nurse: Browser, photo: Photo, station: str, number: int | None
    ) -> None:
        act(nurse, photo, act="assign", patient="123", type="Surgery", station=station, clinic="none")
        target = site.bridge.store.pending_acts([photo.id])[photo.id].target
        assert target is not None
        assert (target.station, target.clinic) == (number, None)

    def test_it_is_undone_for_certain(self, site: HeldSite, nurse: Browser, photo: Photo) -> None:
        act(nurse, photo, act="discard", why="Taken by mistake")
        assert site.bridge.store.pending_acts([photo.id])[photo.id].reason == "Taken by mistake"
        answer = nurse.post("/held/undo/", {"csrf": nurse.csrf("/held/"), "photo": str(photo.id)})
        assert (answer.status, answer.headers["location"]) == (303, f"/held/{photo.id}/")
        assert site.bridge.store.pending_acts([photo.id]) == {}
        again = nurse.post("/held/undo/", {"csrf": nurse.csrf("/held/"), "photo": str(photo.id)})
        assert again.status == 409

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"act": "assign", "type": "Xray"}, "Choose the patient"),
            ({"act": "assign", "patient": "123"}, "Choose the type"),
            ({"act": "discard"}, "Say why"),
            ({"act": "assign", "patient": "999999", "type": "Xray"}, "is not assigned"),
            ({"act": "assign", "patient": "123", "type": "Selfie"}, "type does not fit"),
            ({"act": "assign", "patient": "123", "type": "Xray", "station": "Moon"}, "is not assigned"),
        ],
    )
    def test_what_is_missing_or_wrong_is_said_beside_the_photo(
        self, site: HeldSite, nurse: Browser, photo: Photo, fields: dict[str, str], words: str
    ) -> None:
        answer = act(nurse, photo, **fields)
        assert (answer.status, words in text_of(answer)) == (400, True)
        assert f'data-photo="{photo.id}"' in answer.body.decode()
        assert site.bridge.store.pending_acts([photo.id]) == {}

    def test_what_was_chosen_stays_chosen(self, nurse: Browser, photo: Photo) -> None:
        body = act(nurse, photo, act="assign", patient="123", type="", station="ENT").body.decode()
        assert re.search(r'name="patient" value="123" checked', body)
        assert re.search(r'value="ENT"[^>]* checked', body)

    @pytest.mark.parametrize("fields", [{"act": "burn"}, {}, {"act": "assign", "patient": "1 OR 1"}])
    def test_what_is_no_form_of_ours_is_400(self, nurse: Browser, photo: Photo, fields: dict[str, str]) -> None:
        assert act(nurse, photo, **fields).status == 400

    def test_without_the_forms_token_nothing_is_done(self, site: HeldSite, nurse: Browser, photo: Photo) -> None:
        for path in (f"/held/{photo.id}/", "/held/list/", "/held/undo/"):
            assert nurse.post(path, {"act": "retry", "photo": str(photo.id)}).status == 400
        assert site.bridge.store.pending_acts([photo.id]) == {}

    def test_who_comes_second_is_told(self, nurse: Browser, photo: Photo) -> None:
        act(nurse, photo, act="retry")
        answer = act(nurse, photo, act="discard", why="x")
        assert (answer.status, "nurse has just said" in text_of(answer)) == (409, True)

    def test_who_comes_second_is_told_in_spanish_of_which_photo(self, site: HeldSite, photo: Photo) -> None:
        nurse, following = site.nurse("es"), site.held()
        act(nurse, following, act="retry")
        answer = act(nurse, following, act="discard", why="x")
        said = f"nurse acaba de decir qué se hará con la foto {following.id}; pídale que lo deshaga primero"
        assert said in text_of(answer)
        assert f'<a class="button" href="/held/{photo.id}/">Siguiente foto retenida</a>' in answer.body.decode()

    def test_sending_as_it_is_is_offered_for_damaged_pictures_alone(self, site: HeldSite, nurse: Browser) -> None:
        damaged = Hold(HoldReason.DAMAGED_PICTURE, "Half of it is missing; look at it.")
        photo = site.held("#123-#rx", hold=damaged)
        assert 'value="send-as-is"' in nurse.get(f"/held/{photo.id}/").body.decode()
        other = site.held()
        assert 'value="send-as-is"' not in nurse.get(f"/held/{other.id}/").body.decode()
        act(nurse, photo, act="send-as-is")
        assert site.bridge.store.pending_acts([photo.id])[photo.id].act is Act.SEND_AS_IS


class TestSeveral:
    def several(self, site: HeldSite, words: str = "#132-#rx", hold: Hold = HOLD) -> list[int]:
        return [site.held(f"{words}-{number}", hold=hold).id for number in "abc"]

    def send(self, nurse: Browser, ids: list[int], name: str = "photo", **fields: str) -> Answer:
        body = [("csrf", nurse.csrf("/held/list/")), *fields.items(), *((name, str(each)) for each in ids)]
        from urllib.parse import urlencode

        return nurse.ask("POST", "/held/list/", urlencode(body), Content_Type="application/x-www-form-urlencoded")

    @pytest.mark.parametrize(
        ("fields", "what"),
        [({"act": "retry"}, Act.RETRY), ({"act": "discard", "other_reason": "all blurred"}, Act.DISCARD)],
    )
    def test_several_are_helped_at_once_and_undone_at_once(
        self, site: HeldSite, nurse: Browser, fields: dict[str, str], what: Act
    ) -> None:
        ids = self.several(site)
        answer = self.send(nurse, ids[:2], **fields)
        assert "This will be done with 2 photos in a minute." in text_of(answer)
        pending = site.bridge.store.pending_acts(ids)
        assert {number: each.act for number, each in pending.items()} == dict.fromkeys(ids[:2], what)
        undo = "&".join(f"photo={each}" for each in ids[:2])
        nurse.ask("POST", "/held/undo/", f"csrf={nurse.csrf('/held/')}&{undo}",
                  Content_Type="application/x-www-form-urlencoded")  # fmt: skip
        assert site.bridge.store.pending_acts(ids) == {}

    def test_all_means_those_that_were_shown(self, site: HeldSite, nurse: Browser) -> None:
        ids = self.several(site)
        self.send(nurse, ids[1:], "shown", act="retry", all="yes")
        assert set(site.bridge.store.pending_acts(ids)) == set(ids[1:])

    def test_a_kind_for_all_takes_the_patients_of_their_names(self, site: HeldSite, nurse: Browser) -> None:
        ids = self.several(site, "#123", NO_TYPE) + self.several(site, "#old-2005", NO_TYPE)
        nameless = self.several(site, "#hello", NO_TYPE)
        text = text_of(self.send(nurse, ids + nameless, act="assign", type="Surgery"))
        assert "This will be done with 6 photos in a minute." in text
        assert "Not for 3 photos: The name does not say one patient" in text
        targets = [each.target for each in site.bridge.store.pending_acts(ids).values()]
        assert sorted(each.patient for each in targets if each) == [5, 5, 5, 123, 123, 123]

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"act": "retry"}, "Tick some photos"),
            ({"act": "discard", "photo": "1"}, "Say why"),
            ({"act": "assign", "photo": "1"}, "Choose the type"),
        ],
    )
    def test_what_is_missing_is_said(self, nurse: Browser, fields: dict[str, str], words: str) -> None:
        answer = nurse.press("/held/list/", **fields)
        assert (answer.status, words in text_of(answer)) == (400, True)

    def test_a_list_can_be_of_one_reason(self, site: HeldSite, nurse: Browser) -> None:
        site.held()
        site.held("#123", hold=NO_TYPE)
        text = text_of(nurse.get("/held/list/?reason=no-type"))
        assert "No type in the name" in text
        assert "Patient not in the chart" not in text


class TestWords:
    def test_every_reason_has_its_words(self) -> None:
        assert set(HEADINGS) == set(ADVICE) == set(HoldReason)

    def test_a_reason_is_said_in_spanish_with_the_kept_sentence_beside(self, site: HeldSite, photo: Photo) -> None:
        text = text_of(site.nurse("es").get(f"/held/{photo.id}/"))
        assert "El paciente no está en el sistema de expedientes" in text
        assert f"En palabras del puente {HOLD.sentence}" in text

    def test_a_photo_from_a_backup_says_so_in_spanish(self, site: HeldSite) -> None:
        doubtful = Hold(HoldReason.NO_TYPE, "From a backup; look in the chart first: no type.")
        photo = site.held("#123", hold=doubtful)
        assert "Esta foto viene de un respaldo" in text_of(site.nurse("es").get(f"/held/{photo.id}/"))

    def test_what_is_no_picture_is_not_asked_for(self, site: HeldSite, nurse: Browser) -> None:
        lost = Hold(HoldReason.NOT_A_PICTURE, "This is no picture.")
        photo = site.held(hold=lost, content=b"nothing")
        assert "There is no picture to show." in text_of(nurse.get(f"/held/{photo.id}/"))


def test_an_empty_queue_says_so(site: HeldSite, nurse: Browser) -> None:
    site.empty()
    for path in ("/held/", "/held/list/"):
        assert "Nothing to review." in text_of(nurse.get(path))


class TestKeys:
    def test_stations_have_keys_of_their_own(self) -> None:
        keys = station_keys(["Dental1", "ENT", "X-Ray", "Surgery", "Audiology", "Registration", "Señal", "123"])
        assert len(set(keys.values())) == len(keys)
        assert not set(keys.values()) & set("hxsaridunp")
        assert keys["Dental1"] == "e"

    def test_where_letters_run_out_stations_go_without(self) -> None:
        keys = station_keys([f"Room {number}" for number in range(40)])
        given = [each for each in keys.values() if each]
        assert len(given) == len(set(given)) == 26 - len("hxsaridunp")
