"""What each setting of a mapping file means, in the words that editors show beside it (see `json_schema`)."""

from types import MappingProxyType

MEANINGS = MappingProxyType(
    {
        "version": "The version of this file format; 1 is the only one so far.",
        "patient": (
            "The ways to name a patient. Each has a name of your choice and says which number it reads: "
            "`chart-number: {form: id}`."
        ),
        "patient.*": "One way to name a patient.",
        "patient.*.form": (
            "`id`: the chart's own number. `curp`: a CURP, known by its 18 letters and digits. `oldid`: the number of "
            "an older system, as the chart holds it."
        ),
        "patient.*.prefix": (
            "Words that must stand before the number: with `[old, viejo]`, `viejo 1001` and `old1001` are read, and "
            "1001 alone is not."
        ),
        "patient.*.pattern": (
            "A regular expression (RE2) that a word, or several words joined by `-`, must match whole; its one group "
            'is the number or CURP: `"TJ-?([0-9]{3,6})"`. Case does not count. Instead of `prefix`.'
        ),
        "patient.*.check_digit": (
            "For a CURP: hold a photo whose CURP has a last digit that does not fit the others, as when one letter was "
            "typed wrong."
        ),
        "types": "The kinds of picture that are used here. Their names are the chart's own and must stay as they are.",
        "types.*": "A kind of picture. Its own name is understood without being listed.",
        "types.*.aliases": "Words that stand for this type, one or several: `cara`, `rayos x`.",
        "types.*.station": "Where pictures of this type are filed, unless the name says another station.",
        "types.*.longest_edge": "Width and height in pixels at most, 200 to 20000; larger pictures are made smaller.",
        "types.*.lowest_quality": (
            "The lowest JPEG quality, 20 to 95, before a picture is made smaller instead, when the chart takes only "
            "small files. 80 for Xray, 75 for Audiogram, 60 for the others."
        ),
        "stations": (
            "The stations, named exactly as in the chart. Once there is this list, a station that is not in it is an "
            "error wherever it is used."
        ),
        "stations.*": "A station. Its own name is understood without being listed.",
        "stations.*.aliases": "Words that file a picture at this station, whatever its type: `quirófano`.",
        "clinic": (
            "The clinic a photo belongs to: `today`, the clinic that the chart has on the day of the photo; or a "
            "clinic's number in the chart; or settings with `tags`, `dates` and `otherwise`. Left out: none is sent."
        ),
        "clinic.tags": "Words that name a clinic: `{ensenada: 2, tijuana: 3}`.",
        "clinic.dates": (
            'The clinic of photos taken on a day or from one day to another: `{"2026-11-21..2026-11-22": 2}`. '
            "A word in the name beats it."
        ),
        "clinic.otherwise": "The clinic of photos that no word and no date gives one: `today` or a number.",
        "defaults": "What holds where neither the name nor a type says anything.",
        "defaults.type": "The type of photos whose name says none. Without it they are held as `no-type`.",
        "defaults.station": "The station of photos that nothing else gives one. Without it no station is sent.",
        "defaults.station_by_practice": (
            "The station by the practice the photo came in for, when several practices use this file; the names are "
            "those of config.yaml: `{ensenada: Registration}`."
        ),
        "defaults.station_by_time": "The station by the time of day at which the photo was taken.",
        "defaults.station_by_time.*": "Times of the day and their station. They must not overlap.",
        "defaults.station_by_time.*.from": 'The first minute, `"08:00"`.',
        "defaults.station_by_time.*.until": (
            'The minute at which it ends, itself not included: `"12:00"`. Earlier than `from`: past midnight.'
        ),
        "defaults.station_by_time.*.station": "The station of photos taken between these times.",
        "late_headshots": (
            "A headshot that arrives after a newer one of the patient would be shown in its place. `hold`: it waits "
            "for a person. `send`: it is filed all the same."
        ),
        "require": (
            "What the chart must say of the patient before a photo is filed. `registered-today`: registered at the "
            "clinic on the day of the photo. `photo-consent`: agreed to photos there."
        ),
        "ignore": "Words that mean nothing here and are passed over without a remark: `foto`, `paciente`.",
        "examples": (
            "Names as phones send them, and what shall become of them; `mappings check` tries each one, and a running "
            "bridge takes no file whose examples fail."
        ),
        "examples.*": "A name and what shall become of it. What is not mentioned is not compared.",
        "examples.*.name": 'The file name, in quotes: `"#123-cara-21-Nov-2026-10-11-12.jpg"`.',
        "examples.*.patient": "The patient that shall be read: `123`, a CURP, or `oldid 1001`.",
        "examples.*.type": "The type that shall be read.",
        "examples.*.station": "The station that shall be found; `none` for no station.",
        "examples.*.clinic": "The clinic that shall be found: `today`, a number, or `none`.",
        "examples.*.held": "The reason for which a photo of this name shall wait for a person.",
    }
)
"""By the setting's place in dots, with `*` for names and items that people add."""
