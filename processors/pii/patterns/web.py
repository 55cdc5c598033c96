"""E-mail addresses, links and network addresses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from processors.pii.patterns import checks, cues
from processors.pii.spans import CHECKED, SHAPED

if TYPE_CHECKING:
    from processors.pii.page import Page

_LOCAL = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._%+-'"
_MOST_LOCAL = 64  # RFC 5321
_DOMAIN = re.compile(rb"(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,62}))(?:\.[A-Za-z0-9][A-Za-z0-9\-]{0,62}){1,8}")
# The greediest beginning of a domain that ends in a top-level domain: "x.example" of "x.example.1" and of
# "x.example415".
_UP_TO_TOP_LEVEL = re.compile(rb"[A-Za-z0-9.\-]*\.(?:[Xx][Nn]--[A-Za-z0-9\-]{2,59}|[A-Za-z]{2,24})")

_MOST_URL = 4096
_NUMERIC_HOST = re.compile(r"://([0-9.]{7,15})(?![0-9.]*[0-9])")
# One character in front of the sign is enough to know; to begin at each is to read a link of letters 64 times.
_ADDRESS = re.compile(r"(?<=[\w.+\-'%])(?:@|%40)[\w\-]{1,63}+\.[\w.\-]{2,}")
_TOKEN = re.compile(
    r"[?&#;/](?:[a-z_\-]{0,24}(?:token|secret|signature|password|passwd|session|apikey|api_key|access_key|auth|invite|magic|"
    r"otp|oob|jwt|credential|passcode|confirmation|activation)[a-z_\-]{0,24}|key|sig|sid|code|pwd|pass|hash|ticket|k|t|u)"
    r"=[\w.%~+\-]{6,}"
    # Whose link it is, by a number.
    r"|[?&](?:phone|tel|mobile|msisdn|user|uid|user_?id|username|login|customer|client|contact|member|account|subscriber)"
    r"(?:_?id|_?no)?=[\w.%+\-]{0,64}?[0-9]{3}",
    re.IGNORECASE,
)
_TOKEN_PATH = re.compile(
    r"/(?:reset\w*|password\w*|invite\w*|invitations?|join|share|shared|verify|verification|confirm\w*|activate|activation|"
    r"magic\w*|token|unsubscribe|optout|preferences|login|signin|auth|sso|sign|esign|pay|checkout|guest|download|onboarding|"
    r"s|d)/(?:[\w\-]{1,24}/)?(?=[a-z_\-]{0,64}[0-9])[\w\-]{16,}",
    re.IGNORECASE,
)
# Whoever has one of these links is let in.
_SHARED = re.compile(
    r"hooks\.slack\.com/services/|discord(?:app)?\.com/api/webhooks/|zoom\.us/[js]/[0-9]+\?pwd=|meet\.google\.com/[a-z]{3}-|"
    r"teams\.microsoft\.com/l/meetup-join/|(?:docs|drive)\.google\.com/(?:[\w]+/)*(?:d|folders)/[\w\-]{16}|"
    r"dropbox\.com/(?:s|sh|scl|t)/|sharepoint\.com/:[a-z]:/|1drv\.ms/|wetransfer\.com/downloads/|we\.tl/|box\.com/s/",
    re.IGNORECASE,
)
_PROFILE = re.compile(
    r"(?:linkedin\.com/(?:in|pub)/|xing\.com/profile/|facebook\.com/(?!sharer|groups/|pages/|help)|instagram\.com/|"
    r"(?:twitter|x)\.com/(?!search|share|intent|hashtag|home)|tiktok\.com/@|medium\.com/@|t\.me/|wa\.me/|calendly\.com/|"
    r"github\.com/(?![\w\-]+/)|gitlab\.com/(?![\w\-]+/)|youtube\.com/(?:@|user/|c/)|bsky\.app/profile/|vk\.com/|"
    r"keybase\.io/|about\.me/|behance\.net/|dribbble\.com/|paypal\.me/|venmo\.com/|cash\.app/\$|snapchat\.com/add/|"
    r"strava\.com/athletes/|://[\w.\-]{3,64}/@|/(?:users?|profiles?|people|members?|contacts?|u)/)"
    r"(?![\w\-]*\.(?:html?|php|aspx?))[\w.%\-]{2,}",
    re.IGNORECASE,
)
# A link that somebody calls his own, or has shared with somebody.
_OWN = re.compile(
    r"(?:(?<![a-z])(?:my|his|her|mein\w*|mon|mi|il mio|moja|meu|minha) (?:own |personal |new )?(?:web ?site|site|blog|"
    r"home ?page|portfolio|page|webseite|seite|sito|strona|pagina|cv|resume)(?: is| ist| est| es| e| jest)?|"
    r"(?<![a-z])(?:web ?site|blog|home ?page|portfolio|webseite|site web|sitio web|sito web|strona www)\s?:|"
    r"shared (?:[a-z]{1,12} ){0,3}with you|posted a (?:new )?(?:photo|picture|video|story))[\s:]{1,3}\Z"
)
_OWN_VIEW = 64
_CLOSERS = {")": "(", "]": "[", "}": "{"}
_END_PUNCTUATION = ".,;:!?'\"*_"

# The last two groups may be written as an IPv4 address.
_MOST_HEXTETS, _HEXTET_SIGNS = 45, b"0123456789ABCDEFabcdef:"
_HEXTETS = re.compile(rb"[0-9A-Fa-f:]{2,45}(?:\.[0-9]{1,3}){0,3}")


def judge_email(page: Page, start: int, end: int) -> int:
    """Note the e-mail address whose `@` stands in the candidate. Gives where the search goes on."""
    raw = page.folded.raw
    at = raw.index(b"@", start, end)
    before = raw[max(0, at - _MOST_LOCAL) : at]
    local = before[len(before.rstrip(_LOCAL)) :].lstrip(b".'-+%")
    domain = _DOMAIN.match(raw, at + 1)
    if domain is None or not local:
        return at + 1
    name = _UP_TO_TOP_LEVEL.match(domain.group())
    if name is None:
        return at + 1
    page.found(at - len(local), at + 1 + name.end(), "EMAIL", CHECKED)
    return at + 1 + name.end()


def judge_url(page: Page, start: int, end: int) -> int:
    """Note a link that carries a token, an e-mail address or a person's profile; leave any other link as it is.

    Numbers inside a link that stays are not looked at, but for a host that is an IP address. (The pattern lets
    placeholders into a link: once one part of it is masked, the rest is still the inside of a link.)
    """
    text = page.folded.text[start : min(end, start + _MOST_URL)]
    if len(text) == _MOST_URL:
        page.found(start, end, "URL", SHAPED)  # nobody types four thousand characters: such a link carries state
        return end
    url = _without_trailing(text)
    if is_personal(url) or _OWN.search(page.folded.lower[max(0, start - _OWN_VIEW) : start]) is not None:
        page.found(start, start + len(url), "URL", SHAPED)
        return end
    for host in _NUMERIC_HOST.finditer(url):
        if checks.ipv4(host[1]):
            page.found(start + host.start(1), start + host.end(1), "IP_ADDRESS", CHECKED)
    return end


def is_personal(url: str) -> bool:
    """Tell whether a link names or lets in a person: a token, credentials, an e-mail address, a profile."""
    authority = url.partition("://")[2].partition("/")[0]
    if "@" in authority:
        return True
    shown = unquote(url) if "%" in url else url
    return any(pattern.search(shown) is not None for pattern in (_TOKEN, _TOKEN_PATH, _SHARED, _PROFILE, _ADDRESS))


def _without_trailing(url: str) -> str:
    """Drop the punctuation of the sentence around a link; a closing bracket stays if the link opened it."""
    end = len(url)
    surplus: dict[str, int] = {}  # counted once: a link of nothing but brackets asks at each of them
    while end and (url[end - 1] in _END_PUNCTUATION or url[end - 1] in _CLOSERS):
        last = url[end - 1]
        if last in _CLOSERS:
            if last not in surplus:
                surplus[last] = url.count(last) - url.count(_CLOSERS[last])
            if surplus[last] <= 0:
                break
            surplus[last] -= 1
        end -= 1
    return url[:end]


def judge_ipv4(page: Page, start: int, end: int) -> int:
    """Note four dotted numbers that are an address and not a version. Gives `start` where they are part of more."""
    raw, lower = page.folded.raw, page.folded.lower
    before, after = raw[max(0, start - 1) : start], raw[end : end + 1]
    longer = before == b"." or (after in (b".", b"-") and raw[end + 1 : end + 2].isdigit())
    if longer or before.isalnum() or before in (b"_", b"-", b"+", b"(") or after.isalnum() or after == b"_":
        return start
    value = page.folded.text[start:end]
    if not checks.ipv4(value):
        return start
    if cues.version_follows(lower, start):
        page.doubted(start, end, "IP_ADDRESS", CHECKED, value)
    else:
        page.found(start, end, "IP_ADDRESS", CHECKED)
    return end


def judge_ipv6(page: Page, start: int, end: int) -> int:
    """Note an IPv6 address; times, MAC addresses and C++ names are none."""
    raw = page.folded.raw
    # Its first group may have been read as the end of the number before it.
    head = raw[max(0, start - _MOST_HEXTETS) : start]
    start -= len(head) - len(head.rstrip(_HEXTET_SIGNS))
    run = _HEXTETS.match(raw, start)
    if run is None or raw[run.end() : run.end() + 1].isalnum() or raw[max(0, start - 1) : start].isalnum():
        return end
    whole = run.group().decode("ascii")
    for value in (whole, whole.partition(".")[0]):
        address = value if value.endswith("::") else value.rstrip(":")
        if checks.ipv6(address):
            page.found(start, start + len(address), "IP_ADDRESS", CHECKED)
            break
    return end
