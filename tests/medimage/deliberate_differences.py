"""What the bridge does otherwise than the real MedImage server (2.0.0), exchange by exchange, and why.

Every reason stands in docs/medimage.md too, word for word.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """Exchanges that the bridge answers otherwise: why, with which status, and, where that says it, with which body."""

    why: str
    status: int
    names: tuple[str, ...]
    body: str | None = None


EVERY_ADDRESS = "Every address gets an answer, if only that nothing is there; the real server leaves many without one."
EVERY_METHOD = "Every method gets an answer; an address that does not know it says so."
SAME_ADDRESS = "Other ways to write an address mean the same one."

UPLOADS = (
    Difference(
        "A refusal that asks people to reconnect their app does not repeat the file name, which is patient data, "
        "and comes as text.",
        400,
        (
            "filename: plain name, no hash",
            "filename: tags but no hash",
            "filename: spaces in plain name",
            "hash length 1",
            "hash length 8",
            "hash length 14",
            "hash length 15",
            "hash length 21",
            "hash length 32",
            "hash with punctuation removed to 16",
            "tag first then hash (first tag wrong length)",
            "tag with backslash",
            "backslash inside name",
            "percent encoded filename",
            "empty filename",
            "filename of one dot",
            "filename only .jpg",
        ),
    ),
    Difference(
        "A refusal says why, where the real server says nothing.",
        400,
        (
            "single quoted filename",
            "wrong field name file2",
            "wrong field name FILE1",
            "field name file1[]",
            "no parts at all",
            "only a text field",
            "file1 as text field (no filename)",
            "empty file .json",
            "empty file .txt",
            "type: text as .txt",
            "type: text without extension",
            "type: JSON array",
            "type: JSON named .txt",
            "type: JSON named .JSON",
            "type: Windows EXE as .exe",
            "type: Windows EXE named .jpg",
            "type: ELF as .bin",
            "type: ZIP as .zip",
            "type: SVG as .svg",
            "type: random bytes named .bin",
            "type: extension only of 3 letter .html",
        ),
    ),
    Difference(
        "Only the practices in the config are served, for nobody would ever look into the folder of another id.",
        400,
        (
            "hash length 16",
            "hash length 17",
            "hash length 19",
            "hash length 20",
            "hash with underscore and dot",
            "PC mode, own id equals the hash: other hash kept",
        ),
    ),
    Difference(
        "Spaces part the words of a file name as hyphens do.",
        200,
        ("filename: spaces instead of hyphens after hash",),
    ),
    Difference(
        "No file name is too long or too odd to be stored, for none becomes a path.",
        200,
        (
            "dot slash dot tag",
            "dot space dot tag twice",
            "long name 252 (256 with .jpg)",
            "long tag 256",
            "long name 5000",
        ),
    ),
    Difference(
        "A part that has only a `filename*`, which is not for forms (RFC 7578, 4.2), is no file, and stops no server.",
        400,
        ("filename* utf-8", "crash: filename* with malformed percent escape"),
    ),
    Difference(
        "More kinds of pictures are taken, and made into what the chart can show.",
        200,
        (
            "type: PNG as .png",
            "type: PNG bytes named .jpg",
            "type: GIF as .gif",
            "type: WEBP as .webp",
            "type: M4V",
            "PC mode, no backup folder: png",
        ),
    ),
    Difference(
        "Text and JSON are no pictures and are refused, unless `uploads.allowed_types` lets them in.",
        400,
        (
            "type: text named .jpg",
            "type: text named .pdf",
            "type: text named .heic",
            "type: CSV utf-8",
            "type: JSON object",
            "type: JSON with leading white space",
            "type: JSON object non-ascii",
            "type: JSON named .jpg",
            "type: SVG/HTML named .csv",
        ),
    ),
    Difference(
        "Bytes that are no known kind of file are refused, whatever their name; the real server stores them, damaged.",
        400,
        (
            "empty file .jpg",
            "one byte file .jpg",
            "type: ELF named .jpg",
            "type: random bytes named .jpg",
            "type: random bytes named .heic",
        ),
    ),
    Difference(
        "The size limit is higher (32 MiB unless set otherwise), and counts the photo alone.",
        200,
        (
            "size: 16777217 bytes (limit is 16777216)",
            "size: 17777216 bytes (limit is 16777216)",
            "size: two files of 9 MB each (limit counts all files)",
            "size: 3 MB text field (field limit 2 MB)",
            "size: 1001 text fields",
        ),
    ),
    Difference(
        "What sending again cannot mend is 400 and never 206, after which the app deletes its copy.",
        400,
        (
            "size: 41943040 bytes (limit is 16777216)",
            "LF-only line ends in the multipart body",
            "content-type: multipart without boundary",
            "content-type: application/json",
            "content-type: image/jpeg raw body",
            "content-type: urlencoded",
            "content-type: multipart/mixed",
            "content-type: none",
        ),
    ),
    Difference(
        "An upload that was cut short is answered in words instead of JSON: 500 to browser apps, which take 206 for "
        "success, and 206 to others.",
        206,
        (
            "truncated: no closing boundary, content-length matches what was sent",
            "truncated: content-length larger than sent, client closes the sending side",
            "truncated: content-length shorter than the body",
            "boundary in header does not match body",
            "empty body, content-length 0",
        ),
    ),
    Difference(
        SAME_ADDRESS,
        200,
        (
            "target /api/photo?x=1",
            "target //api/photo",
            "target absolute form",
            "POST to /api/photo with 1.2 MB body and trailing query (not the upload route)",
        ),
    ),
    Difference(EVERY_ADDRESS, 404, ("target /api/photo/", "target /API/PHOTO")),
    Difference(EVERY_METHOD, 405, ("PUT /api/photo", "GET /api/photo", "HEAD /api/photo")),
    Difference(
        "Web pages of others may read the answers of the photo app's addresses, and of no others.",
        200,
        ("OPTIONS /anything",),
    ),
)
"""What is sent to the photo API."""

_START_PAGE = "The start page is the bridge's own, and is there for every way to ask for it."
_FOR_CAMERAS = (
    "The address that phones are paired with, opened in a browser, says where it belongs; the same to every guid."
)
_NEVER_FALSE = "A name that never arrived is 404 and never `false`, at which the app deletes its copy."
_ASKED_BY_GET = "Asking and fetching are for GET and HEAD; no other method takes a photo away."
_STILL_HERE = (
    "A photo that a MedImage server fetched is still here, and `true`, until it is in the chart or was discarded."
)
_READ_CHECK = (
    "`/read/GUID?check=` says whether a photo is here, as the protocol's documentation has it; "
    "it hands nothing over and removes nothing."
)
_NO_CHOICE = "No address picks a file, a folder or another practice's photos from those that wait."
_HEAD_IS_GET = "HEAD names the file that the next GET gives, and its own type, whatever its folders are called."
_NOT_TO_FETCH = (
    "A bridge that nobody fetches from answers `/check=` all the same, and says that nothing waits; "
    "the real server refuses both, and an app never hears that its photo has arrived."
)
_PAIR = (
    "Pairing codes are made by the command, the page or a call, each of which proves who asks; "
    "at `/pair` of the real server anyone can lead a clinic's photos elsewhere, or stop it."
)
_OWN_PAGES = "The pages, pictures and add-ons that come with the real server are not here."
_NO_FILES = "No address leads to a file of the server: the real one gives out its config, its photos and `/etc`."
_NO_SCRIPTS = "No answer is made into a script that other web pages could run (`callback`)."

QUESTIONS = (
    Difference(
        _START_PAGE,
        200,
        (
            "GET /",
            "HEAD /",
            "GET /?x=1",
            "GET / with Origin",
            "PC mode, GET /",
            "browser app to proxy: GET /",
            "browser app to proxy: GET / (2)",
            "browser app over Wi-Fi to PC: GET /",
        ),
    ),
    Difference(
        EVERY_ADDRESS,
        404,
        (
            "GET /missing (no extension)",
            "GET /missing.json",
            "GET path traversal: /%2e%2e/config.json",
            "GET /read/ without hash",
            "GET /read",
            "GET /read/../../etc",
            "GET /addon/ unknown",
            "GET /nothing (unknown path)",
            "PC mode, GET /read/ without hash",
        ),
    ),
    Difference(EVERY_METHOD, 405, ("DELETE /", "POST / small body", "POST /write/<hash>")),
    Difference(_FOR_CAMERAS, 200, ("GET /write/<hash> (the pairing address itself)",)),
    Difference(SAME_ADDRESS, 200, ("GET /load",)),
    Difference(
        _OWN_PAGES,
        404,
        (
            "GET /index.html",
            "GET /favicon.png",
            "GET /css/jquery-ui.css (static)",
            "GET /addon/get-session?pass=wrong",
            "GET /addon/change-folder-view-settings",
            "GET /addon/current-log",
        ),
    ),
    Difference(
        "What is missing is told in words, without the folders on the server's disk.",
        404,
        ("GET /missing.html", "GET /missing.jpg"),
    ),
    Difference(
        _NO_FILES,
        404,
        (
            "GET path traversal: /../config.json (raw path)",
            "GET path traversal: /../photos/README.md",
            "GET path traversal into photos: /../photos/<hash>/NHI1/arm.jpg",
            "GET /../../../../../../etc/hostname",
        ),
    ),
    Difference("The load at `/load/` is that of the machine that is asked.", 200, ("GET /load/",)),
    Difference(
        _PAIR,
        404,
        (
            "GET /pair?guid=&proxyServer=http://127.0.0.1:15566 (pairing service unreachable)",
            "GET /pair (pairing service unreachable)",
            "PC mode, GET /pair?guid=&proxyServer=..&customPairing=..",
            "PC mode, GET /pair again once the id is known",
            "GET /pair without any query (pairing service unreachable)",
            "GET /pair?guid= (pairing service unreachable)",
        ),
    ),
    Difference(
        _NEVER_FALSE,
        404,
        (
            "GET /check= not existing",
            "GET /check= lower-case percent escapes",
            "GET /check= with spaces instead of hyphens",
            "GET /check= a directory",
            "GET /check= bucket only",
            "GET /check= empty",
            "GET /check= malformed percent escape",
            "GET /check= dot dot",
            "GET /check= traversal to escape the store",
        ),
    ),
    Difference(
        "What stands behind a `?` is no part of a name.",
        200,
        ("GET /check= with trailing query", "GET /check= with jsonp callback"),
        "true",
    ),
    Difference(
        "`/check=` finds a photo of every kind; the real server finds JPEGs alone.",
        200,
        ("GET /check= of a stored PDF",),
        "true",
    ),
    Difference(_ASKED_BY_GET, 405, ("POST /check=", "POST /read/<hash>", "DELETE /read/<hash>")),
    Difference(_STILL_HERE, 200, ("GET /check= after the read", "GET /read/<hash>?check= after that (gone)"), "true"),
    Difference(_READ_CHECK, 200, ("GET /read/<hash>?check= existing file (seed document form)",), "true"),
    Difference(
        _READ_CHECK, 200, ("GET /read/<hash>?check= of a file that does not exist, while another waits",), "none"
    ),
    Difference(
        _NO_SCRIPTS,
        200,
        (
            "GET /read/<hash>?callback=cb (JSONP, text file)",
            "GET /read/<hash>?callback=cb (JSONP, jpeg)",
            "GET /read/<hash>?callback=cb (JSONP, pdf)",
        ),
    ),
    Difference(
        _NO_SCRIPTS,
        200,
        (
            "GET /read/<hash>?callback=cb (JSONP, nothing there)",
            "GET /read/<hash>?callback=<script>",
            "GET /read/<hash>?callback with no usable URL (//)",
            "GET //[ (URL that cannot be parsed) /read//",
        ),
        "none",
    ),
    Difference(_NO_CHOICE, 200, ("GET /read/. (whole store: any bucket)", "GET /read/../ (leaves the store)"), "none"),
    Difference(
        _NO_CHOICE,
        404,
        (
            "GET /read/<hash>/sub (folder inside the bucket)",
            "GET /read/<hash>/x.jpg (file path)",
            "GET /read// (double slash)",
            "GET /read/<otherhash>/../<hash>",
            "GET /read/../photosX (prefix trick)",
        ),
    ),
    Difference(
        "A percent escape in an address means the sign that it stands for.",
        200,
        ("GET /read/%75PSE… (percent-encoded hash)",),
    ),
    Difference(
        _HEAD_IS_GET,
        200,
        (
            "HEAD /read/<hash> when a FOLDER name contains .jpg",
            "GET /read/<hash> when a FOLDER name contains .jpg",
            "HEAD /read/<hash> of a PDF that was sent as .jpg",
        ),
    ),
    Difference(_NOT_TO_FETCH, 200, ("PC mode, GET /check=",), "true"),
    Difference(_NOT_TO_FETCH, 200, ("PC mode, GET /read/<hash>",), "none"),
    Difference(_NOT_TO_FETCH, 200, ("PC mode, HEAD /read/<hash>",), ""),
)
"""Everything else that was asked of the real server."""
