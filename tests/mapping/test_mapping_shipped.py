"""The mapping files that come with the bridge."""

from pathlib import Path

import pytest

from bridge.mapping import Mapping, check_file, load_mapping, resolve
from bridge.tags import parse_name
from bridge.targets import ImageType

FOLDER = Path(__file__).parents[2] / "mappings"
FILES = sorted(FOLDER.glob("*.yaml"))


@pytest.fixture(scope="module")
def smiles() -> Mapping:
    return load_mapping(FOLDER / "thousand-smiles.yaml")


def test_both_files_are_there() -> None:
    assert [file.name for file in FILES] == ["minimal.yaml", "thousand-smiles.yaml"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_shipped_file_passes_its_own_check_without_a_word(file: Path) -> None:
    result = check_file(file)
    assert result.problems == ()
    assert result.mapping is not None
    assert result.mapping.examples


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_shipped_file_has_an_example_of_a_hold(file: Path) -> None:
    assert any(example.held for example in load_mapping(file).examples)


def test_the_clinics_file_knows_all_types_and_stations(smiles: Mapping) -> None:
    assert set(smiles.types) == set(ImageType)
    stations = {entry.value for entry in smiles.vocabulary.values() if entry.kind == "station"}
    assert stations | {setting.value for setting in smiles.type_stations.values()} == {
        "Dental1",
        "ENT",
        "X-Ray",
        "Surgery",
        "Audiology",
        "Registration",
    }


def test_every_alias_of_the_clinics_file_leads_where_it_stands(smiles: Mapping) -> None:
    for key, entry in smiles.vocabulary.items():
        if entry.kind == "type":
            reference = resolve(parse_name(f"#123-{'-'.join(key)}.jpg"), smiles).reference
            assert reference is not None, key
            assert (reference.type, reference.patient.value) == (entry.value, "123")
