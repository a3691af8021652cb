"""The shape of config.yaml as marshmallow schemas; config.example.yaml documents every setting."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from bridge.file_types import FILE_TYPE_NAMES, file_type_of
from bridge.passwords import is_hash
from bridge.settings import (
    CHART_RESOURCES,
    NOTICE_EVENTS,
    DrainOrder,
    PatientFolder,
    PdfPages,
    ReadBack,
    check_resource,
)
from bridge.tags import GUID_PATTERN

_MIB = 1024 * 1024
_UNKNOWN_TYPE = "is not a type that the bridge knows; use one of: " + ", ".join(FILE_TYPE_NAMES)
_TWO_TYPES = "names an extension and a media type of different kinds; write the extension alone"


def _whole(low: int, high: int, **options: Any) -> fields.Integer:
    return fields.Integer(validate=validate.Range(low, high, error=f"must be from {low} to {high}"), **options)


def _seconds(low: float, high: float, **options: Any) -> fields.Float:
    return fields.Float(validate=validate.Range(low, high, error=f"must be from {low:g} to {high:g}"), **options)


def _text(**options: Any) -> fields.String:
    return fields.String(validate=validate.Regexp(r".*\S", error="is empty; give it a value or remove it"), **options)


def _one_of(*choices: str, **options: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(choices, error="must be one of: " + ", ".join(choices)), **options)


def _hash(text: str) -> None:
    if not is_hash(text):
        raise ValidationError("is not a password's hash; `tscharts-bridge page-password` makes one")


def _resource(text: str) -> None:
    try:
        check_resource(text)
    except ValueError as error:
        raise ValidationError(str(error)) from error


class _Section(fields.Nested):
    """Settings that all have defaults: a section that is left empty is as one left out."""

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **options: Any) -> Any:
        """See marshmallow's Field."""
        return super().deserialize({} if value is None else value, attr, data, **options)


class _FileType(fields.Field[str]):
    """A kind of file: its name, extension or media type, or, as in a MedImage config, an extension and a media type."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        pair = isinstance(value, dict) and value and set(value) <= {"extension", "mime"}
        written = list(value.values()) if pair else [value]
        kinds = {file_type_of(each) if isinstance(each, str) else None for each in written}
        if None in kinds:
            raise ValidationError(_UNKNOWN_TYPE)
        if len(kinds) > 1:
            raise ValidationError(_TWO_TYPES)
        return str(kinds.pop())


class _TlsSchema(Schema):
    certificate_file = _text(required=True)
    key_file = _text(required=True)


class _DatabaseSchema(Schema):
    url_file = _text(load_default=None, allow_none=False)
    url_env = _text(load_default=None, allow_none=False)


class _ServerSchema(Schema):
    host = _text(load_default="0.0.0.0")
    port = _whole(1, 65535, load_default=5566)
    threads = _whole(4, 2000, load_default=320)
    stalled_seconds = _whole(5, 600, load_default=30)
    public_url = _text(load_default=None)
    web_servers = fields.List(_text(), load_default=["127.0.0.1", "::1"])
    tls = fields.Nested(_TlsSchema, load_default=None)


class _UploadSchema(Schema):
    allow_unpaired = fields.Boolean(load_default=False)
    unpaired_practice = _text(load_default=None)
    max_upload_bytes = _whole(1024, 1024 * _MIB, load_default=32 * _MIB)
    max_pixels = _whole(1_000_000, 1_000_000_000, load_default=220_000_000)
    allowed_types = fields.List(
        _FileType(),
        load_default=list(FILE_TYPE_NAMES[:11]),
        validate=validate.Length(min=1, error="must name at least one type; without any, every photo is refused"),
    )


class _DeliverySchema(Schema):
    workers = _whole(1, 64, load_default=4)
    read_back = _one_of(*ReadBack, load_default=ReadBack.ALWAYS)
    sample_every = _whole(2, 1000, load_default=20)
    retry_first_seconds = _seconds(0.1, 3600, load_default=5)
    retry_longest_seconds = _seconds(1, 86400, load_default=300)
    hold_after_days = _seconds(0.001, 365, load_default=14)
    order = _one_of(*DrainOrder, load_default=DrainOrder.NEWEST_DAY_FIRST)
    late_look_seconds = _seconds(0.1, 3600, load_default=60)
    pdf_pages = _one_of(*PdfPages, load_default=PdfPages.FIRST)


class _PairingSchema(Schema):
    service = _text(load_default="https://medimage-pair.atomjump.com/med-genid.php")
    own_service = fields.Boolean(load_default=False)
    codes_on_this_machine = fields.Boolean(load_default=False)


class _CopiesSchema(Schema):
    folders = fields.List(_text(), load_default=[])
    find_drives = fields.Boolean(load_default=False)
    patient_folder = _one_of(*PatientFolder, load_default=PatientFolder.AS_TYPED)


class _ProxySchema(Schema):
    serve_downloads = fields.Boolean(load_default=False)
    read_ca_file = _text(load_default=None)


class _PagesSchema(Schema):
    locked = fields.Boolean(load_default=False)


class _StaffSchema(Schema):
    allow = fields.List(_text(), load_default=None, allow_none=False)
    admins = fields.List(_text(), load_default=[])


class _ChartingSchema(Schema):
    resources = fields.List(fields.String(validate=_resource), load_default=list(CHART_RESOURCES))
    default_practice = _text(load_default=None)
    refuse_wrong_numbers = fields.Boolean(load_default=True)
    refuse_everyone = fields.Boolean(load_default=True)
    repeats_once = fields.Boolean(load_default=True)
    fit_pictures = fields.Boolean(load_default=True)


class _NoticeSchema(Schema):
    on = fields.List(_one_of(*NOTICE_EVENTS), required=True, validate=validate.Length(min=1, error="names no event"))
    practices = fields.List(_text(), load_default=[])
    url = _text(load_default=None, allow_none=False)
    command = fields.List(_text(), load_default=[])
    secret_file = _text(load_default=None, allow_none=False)
    secret_env = _text(load_default=None, allow_none=False)
    with_patient_data = fields.Boolean(load_default=False)
    timeout_seconds = _seconds(0.5, 300, load_default=10)


class _ChartSchema(Schema):
    url = _text(required=True)
    username = _text(load_default=None, allow_none=False)
    password_file = _text(load_default=None, allow_none=False)
    password_env = _text(load_default=None, allow_none=False)
    token_file = _text(load_default=None, allow_none=False)
    token_env = _text(load_default=None, allow_none=False)
    verify_tls = fields.Boolean(load_default=True)
    ca_file = _text(load_default=None)
    connect_timeout_seconds = _seconds(1, 120, load_default=10)
    read_timeout_seconds = _seconds(5, 900, load_default=150)
    body_limit_bytes = _whole(100_000, 1024 * _MIB, load_default=None, allow_none=False)


class _PracticeSchema(Schema):
    name = fields.String(
        required=True,
        validate=validate.Regexp(
            r"[a-z0-9][a-z0-9-]{0,39}\Z", error="must be lower-case letters, digits and hyphens, at most 40"
        ),
    )
    guid = fields.String(
        load_default=None,
        validate=validate.Regexp(
            rf"{GUID_PATTERN.pattern}\Z", error="must be 16 to 20 letters or digits, as in the phones' pairing address"
        ),
    )
    mapping = _text(required=True)
    time_zone = _text(required=True)
    read_from = fields.List(_text(), load_default=[])
    api_token_file = _text(load_default=None, allow_none=False)
    api_token_env = _text(load_default=None, allow_none=False)
    page_password_hash = fields.String(load_default=None, validate=_hash)
    keep_days = _seconds(0, 3650, load_default=0)
    keep_discarded_days = _seconds(0, 3650, load_default=7)
    chart = fields.Nested(_ChartSchema, load_default=None, allow_none=False)


class ConfigSchema(Schema):
    """A whole config.yaml."""

    data_folder = _text(load_default="data")
    database = fields.Nested(_DatabaseSchema, load_default=None, allow_none=False)
    log_level = _one_of("debug", "info", "warning", "error", load_default="info")
    log_file = _text(load_default=None)
    server = _Section(_ServerSchema, load_default=lambda: _ServerSchema().load({}))
    uploads = _Section(_UploadSchema, load_default=lambda: _UploadSchema().load({}))
    delivery = _Section(_DeliverySchema, load_default=lambda: _DeliverySchema().load({}))
    pairing = _Section(_PairingSchema, load_default=lambda: _PairingSchema().load({}))
    copies = _Section(_CopiesSchema, load_default=lambda: _CopiesSchema().load({}))
    proxy = _Section(_ProxySchema, load_default=lambda: _ProxySchema().load({}))
    pages = _Section(_PagesSchema, load_default=lambda: _PagesSchema().load({}))
    staff = _Section(_StaffSchema, load_default=lambda: _StaffSchema().load({}))
    charting = _Section(_ChartingSchema, load_default=lambda: _ChartingSchema().load({}))
    web_proxy = _text(load_default=None)
    notices = fields.List(fields.Nested(_NoticeSchema), load_default=[])
    chart = fields.Nested(_ChartSchema, load_default=None, allow_none=False)
    practices = fields.List(
        fields.Nested(_PracticeSchema),
        required=True,
        validate=validate.Length(min=1, error="must name at least one practice"),
    )
