"""`migrate-config`: the files it writes, and what it says."""

from pathlib import Path

import pytest
from cli_runs import here

RECORDED = Path(__file__).parent.parent / "medimage" / "migration" / "paired-pc.json"


def test_it_writes_a_config_and_a_mapping_and_tells_what_was_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = here(capsys, "migrate-config", RECORDED, "--folder", tmp_path, "--practice", "thousand-smiles")
    assert done.code == 0, done.err
    assert (tmp_path / "config.yaml").is_file()
    assert (tmp_path / "mappings" / "thousand-smiles.yaml").is_file()
    assert (tmp_path / "mappings" / "mapping.schema.json").is_file()
    assert "Not carried over:" in done.out
    assert "Tr0ub4dor" not in done.out
    again = here(capsys, "migrate-config", RECORDED, "--folder", tmp_path, "--practice", "thousand-smiles")
    assert again.code == 1
    assert len(again.errors) == 1


@pytest.mark.parametrize("name", ["../../evil", "/tmp/evil", "My Clinic: x", "a\nb: c", "", "x" * 41, "null: [", "Ñ"])
def test_a_name_that_is_none_for_a_practice_is_refused_and_nothing_is_written(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    done = here(capsys, "migrate-config", RECORDED, "--folder", folder, "--practice", name)
    assert done.code == 2
    assert "use lower-case letters, digits and hyphens" in done.errors[0]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("name", ["null", "true", "123", "1e5"])
def test_a_name_that_yaml_would_read_otherwise_stays_a_name(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert here(capsys, "migrate-config", RECORDED, "--folder", tmp_path, "--practice", name).code == 0
    text = (tmp_path / "config.yaml").read_text()
    assert f"- name: '{name}'" in text
    assert f"mapping: 'mappings/{name}.yaml'" in text


@pytest.mark.parametrize("content", ["", "[]", "{", "\0"])
def test_what_is_no_config_is_refused_in_one_sentence(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.json").write_text(content)
    done = here(capsys, "migrate-config", tmp_path / "config.json", "--folder", tmp_path)
    assert done.code == 1
    assert len(done.errors) == 1
    assert not (tmp_path / "config.yaml").exists()
