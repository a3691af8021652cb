"""The mapping files that come with the bridge."""

from pathlib import Path

import pytest

from bridge.holds import HoldReason
from bridge.mapping import Mapping, PatientForm, check_file, load_mapping, resolve
from bridge.mapping.expectations import KNOWN_FROM_A_NAME
from bridge.sandbox import default_seed
from bridge.tags import parse_name
from bridge.targets import ImageType

FOLDER = Path(__file__).parents[2] / "mappings"
FILES = sorted(FOLDER.glob("*.yaml"))


@pytest.fixture(scope="module")
def smiles() -> Mapping:
    return load_mapping(FOLDER / "thousand-smiles.yaml")


def test_all_files_are_there() -> None:
    assert [file.name for file in FILES] == ["clinica-ejemplo.yaml", "minimal.yaml", "thousand-smiles.yaml"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_shipped_file_names_the_schema_beside_it_for_editors(file: Path) -> None:
    first = file.read_text("utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (file.parent / first.partition("=")[2]).is_file()


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


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_shipped_file_has_an_example_of_each_type(file: Path) -> None:
    mapping = load_mapping(file)
    used = {example.type for example in mapping.examples if example.type}
    assert used == set(mapping.types) or file.stem == "minimal"


@pytest.fixture(scope="module")
def ejemplo() -> Mapping:
    return load_mapping(FOLDER / "clinica-ejemplo.yaml")


def test_the_worked_example_uses_every_way_to_name_a_patient_and_every_reason_to_hold(ejemplo: Mapping) -> None:
    assert {rule.form for rule in ejemplo.patient_rules} == set(PatientForm)
    assert any(rule.pattern for rule in ejemplo.patient_rules)
    assert any(rule.check_digit for rule in ejemplo.patient_rules)
    held = {example.held for example in ejemplo.examples if example.held}
    assert held == {*KNOWN_FROM_A_NAME} - {HoldReason.AMBIGUOUS_CLINIC}


def test_the_worked_example_is_for_the_stations_of_the_charts_sandbox(ejemplo: Mapping) -> None:
    stations = {row["name"] for row in default_seed().rows["stations"]}
    assert {entry.value for entry in ejemplo.vocabulary.values() if entry.kind == "station"} <= stations
    assert {setting.value for setting in ejemplo.type_stations.values()} <= stations
