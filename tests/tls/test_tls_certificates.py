"""Certificates and keys: made, and checked in one sentence each."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from tls_server import (
    NAMES,
    damaged_key,
    encrypted,
    folder_instead,
    mismatched,
    missing,
    no_certificate,
    no_key,
    plain,
    serving,
    shown,
)

from bridge.tls import ReloadingAdapter, TlsError, TlsSettings, check_pair, fingerprint, make_self_signed

LATER = datetime.now(UTC) + timedelta(days=4000)


def test_a_self_signed_certificate_is_for_its_names_and_addresses(pair: TlsSettings) -> None:
    certificate = x509.load_pem_x509_certificate(pair.certificate_file.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "clinic.local"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    days = (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days
    assert days == 825


def test_the_key_of_a_self_signed_pair_is_for_its_owner_alone(pair: TlsSettings) -> None:
    old_mask = os.umask(0)
    try:
        other = TlsSettings.in_folder(pair.key_file.parent / "other")
        make_self_signed(other, NAMES)
    finally:
        os.umask(old_mask)
    assert os.name == "nt" or other.key_file.stat().st_mode & 0o777 == 0o600


def test_making_a_pair_gives_the_fingerprint_that_clients_see(tmp_path: Path) -> None:
    settings = TlsSettings.in_folder(tmp_path)
    mark = make_self_signed(settings, NAMES)
    assert mark == fingerprint(settings.certificate_file)
    assert len(mark.split(":")) == 32
    with serving(settings) as served:
        assert shown(served.port) == plain(mark)


@pytest.mark.parametrize("there", ["certificate.pem", "key.pem"])
def test_making_a_pair_overwrites_nothing(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("precious")
    with pytest.raises(TlsError, match=f"{there} exists already"):
        make_self_signed(TlsSettings.in_folder(tmp_path), NAMES)
    assert [file.read_text() for file in tmp_path.iterdir()] == ["precious"]


@pytest.mark.parametrize("name", ["", "clinic local", "-x", "a/b", "a" * 64, "http://clinic", "\x00", "☃" * 70])
def test_making_a_pair_for_what_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(TlsError, match="neither a host name nor an IP address"):
        make_self_signed(TlsSettings.in_folder(tmp_path), ["localhost", name])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("names", "days"), [([], 825), (NAMES, 0), (NAMES, 10**9)])
def test_a_pair_needs_a_name_and_a_time(tmp_path: Path, names: list[str], days: int) -> None:
    with pytest.raises(TlsError, match="at least one host name"):
        make_self_signed(TlsSettings.in_folder(tmp_path), names, days)


def test_a_pair_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(TlsError, match="cannot be written"):
        make_self_signed(TlsSettings.in_folder(tmp_path / "file" / "deeper"), NAMES)


def test_a_good_pair_has_no_problem(pair: TlsSettings) -> None:
    check_pair(pair)


def test_key_and_certificate_may_stand_in_one_file(pair: TlsSettings) -> None:
    both = pair.key_file.with_name("both.pem")
    both.write_bytes(pair.certificate_file.read_bytes() + pair.key_file.read_bytes())
    check_pair(TlsSettings(both, both))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (missing, r"The key file .*key\.pem does not exist; check its path\."),
        (no_certificate, r"certificate\.pem holds no certificate in PEM form"),
        (no_key, r"key\.pem holds no private key in PEM form"),
        (damaged_key, r"The key in .*key\.pem is damaged"),
        (mismatched, r"The key in .*key\.pem is not that of the certificate in .*certificate\.pem"),
        (encrypted, r"The key in .*key\.pem has a password"),
        (folder_instead, r"The certificate file .*certificate\.pem cannot be read"),
    ],
)
def test_a_pair_that_cannot_be_used_is_one_sentence(pair: TlsSettings, spoil, sentence: str) -> None:
    spoil(pair)
    with pytest.raises(TlsError, match=sentence) as caught:
        check_pair(pair)
    assert str(caught.value).count("\n") == 0
    with pytest.raises(TlsError, match=sentence):
        ReloadingAdapter(pair)


def test_a_key_that_is_too_weak_is_one_sentence(tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 1024)
    name = x509.Name([])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    settings = TlsSettings.in_folder(tmp_path)
    settings.certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    settings.key_file.write_bytes(private)
    with pytest.raises(TlsError, match="cannot be used for HTTPS"):
        check_pair(settings)


def test_a_certificate_that_ran_out_says_when(pair: TlsSettings) -> None:
    with pytest.raises(TlsError, match=r"ran out on 20\d\d-\d\d-\d\d; renew it"):
        check_pair(pair, LATER)


def test_a_certificate_of_the_future_points_at_the_clock(pair: TlsSettings) -> None:
    with pytest.raises(TlsError, match="check the clock"):
        check_pair(pair, datetime(2020, 1, 1, tzinfo=UTC))
