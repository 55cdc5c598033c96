"""Keys and tokens that say themselves whose they are, private keys, and connection strings with a password.

The prefixes are those that the providers publish for secret scanners; collected from their documentation by hand.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from processors.pii.spans import CHECKED

if TYPE_CHECKING:
    from processors.pii.page import Page

_B64 = r"[A-Za-z0-9_\-]"
PROVIDERS: tuple[str, ...] = (
    r"(?:sk|rk|pk|whsec)_(?:live_|test_)?[A-Za-z0-9]{16,}",  # Stripe, Clerk
    r"gh[oprsu]_[A-Za-z0-9]{30,}", r"github_pat_[A-Za-z0-9_]{30,}",  # GitHub
    rf"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|ffct)-{_B64}{{20,}}",  # GitLab
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}",  # AWS
    r"xox[abceoprs]-[A-Za-z0-9\-]{10,}", r"xapp-[0-9]-[A-Z0-9]{6,}-[A-Za-z0-9\-]{10,}",  # Slack
    rf"AIza{_B64}{{35}}", rf"GOCSPX-{_B64}{{20,}}", rf"ya29\.{_B64}{{20,}}", rf"1//0{_B64}{{20,}}",  # Google
    rf"sk-{_B64}{{20,}}",  # OpenAI, Anthropic, OpenRouter
    r"hf_[A-Za-z0-9]{30,}", r"r8_[A-Za-z0-9]{30,}", r"gsk_[A-Za-z0-9]{40,}", r"pplx-[A-Za-z0-9]{40,}",  # models
    r"(?:AC|SK|PN)[0-9a-f]{32}", rf"SG\.{_B64}{{16,}}\.{_B64}{{16,}}", r"key-[0-9a-f]{32}",  # Twilio, SendGrid, Mailgun
    r"[0-9a-f]{32}-us[0-9]{1,2}", r"xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}",  # Mailchimp, Brevo
    r"npm_[A-Za-z0-9]{30,}", rf"pypi-{_B64}{{30,}}", r"rubygems_[0-9a-f]{40,}", rf"dckr_pat_{_B64}{{20,}}",  # packages
    r"shp(?:at|ss|ca|pa)_[0-9a-fA-F]{32}", rf"sq0(?:atp|csp|idp)-{_B64}{{20,}}", rf"EAAA{_B64}{{56,}}",  # shops
    r"do[opr]_v1_[0-9a-f]{64}", r"dapi[0-9a-f]{32}(?:-[0-9])?", rf"hv[sbr]\.{_B64}{{20,}}", r"HRKU-[0-9a-f\-]{36}",
    r"glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}", r"NRAK-[A-Z0-9]{27}", rf"sntry[su]_{_B64}{{40,}}", r"PMAK-[0-9a-f\-]{34,}",
    rf"ATATT3{_B64}{{20,}}", rf"ATCTT3{_B64}{{20,}}", r"lin_api_[A-Za-z0-9]{30,}", r"(?:secret|ntn)_[A-Za-z0-9]{40,}",
    rf"figd_{_B64}{{30,}}", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}", r"pat-[a-z]{2}[0-9]-[0-9a-f\-]{36}",  # tools, HubSpot
    r"sbp_[0-9a-f]{40}", r"nfp_[A-Za-z0-9]{36}", rf"pscale_(?:tkn|pw|oauth)_{_B64}{{30,}}", rf"dp\.pt\.{_B64}{{40,}}",
    r"pul-[0-9a-f]{40}", r"AGE-SECRET-KEY-1[0-9A-Z]{58}", r"tfp_[A-Za-z0-9_]{40,}",  # Pulumi, age, Typeform
    r"00D[A-Za-z0-9]{12,15}![A-Za-z0-9._]{40,}",  # Salesforce
    r"[0-9]{8,10}:AA[A-Za-z0-9_\-]{32,35}", rf"[MNO]{_B64}{{23,25}}\.{_B64}{{6}}\.{_B64}{{27,38}}",  # Telegram, Discord
    r"EAA[A-Za-z0-9]{80,}", r"AAAAAAAAA[A-Za-z0-9%]{60,}",  # Facebook, Twitter
    r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}",  # PayPal
    r"(?:access|public|link)-(?:sandbox|development|production)-[0-9a-f\-]{36}",  # Plaid
)  # fmt: skip
"""Forms of ASCII tokens; each begins with what no other word begins with."""

_SCHEMES = (
    "postgres(?:ql)?|mysql|mariadb|mssql|sqlserver|oracle|mongodb|rediss?|amqps?|mqtts?|ldaps?|smtps?|imaps?|sftp|ssh|"
    "kafka|nats|clickhouse|cockroachdb|snowflake|jdbc:[a-z]{2,12}"
)
PRIVATE_KEY = r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY"
OPENINGS: tuple[str, ...] = (
    rf"eyJ{_B64}{{5}}",
    rf"(?:{_SCHEMES})(?:\+[a-z0-9]{{2,12}})?://",
)
"""How what is longer begins: a JSON Web Token, a connection string (and, not at a word's edge, a private key)."""

# header.payload.signature; the bound keeps a text of nothing but "eyJ" from being read once for each of them.
_JWT = re.compile(r"eyJ[A-Za-z0-9_\-]{5,2000}+\.[A-Za-z0-9_\-]{5,4000}+(?:\.[A-Za-z0-9_\-]{0,2000}+)?")
_CONNECTION = re.compile(r"[a-z][a-z0-9+:]{1,30}://[^\s:@/\"'<>]{0,128}+:[^\s@\"'<>]{1,256}+@[^\s\"'<>,;)]{1,512}")
_KEY_END = re.compile(r"-----END [A-Z0-9 ]{0,64}(?:-----)?")
# A key of 16,384 bits has 12,500 characters.
_MOST_KEY = 16_384


def judge_token(page: Page, start: int, end: int) -> int:
    """Note the secret of one of `PROVIDERS` or `OPENINGS` at `start`; the pattern has checked a provider's form.

    Gives where the search goes on: behind the secret.
    """
    text = page.folded.text
    if text.startswith("-----BEGIN", start):
        end = _end_of_private_key(text, start)
    elif text.startswith("eyJ", start) or text.startswith("://", end - 3):
        longer = (_JWT if text.startswith("eyJ", start) else _CONNECTION).match(text, start)
        if longer is None:
            return end
        end = longer.end()
    page.found(start, end, "SECRET", CHECKED)
    return end


def _end_of_private_key(text: str, start: int) -> int:
    """Give the end of a key's last line; of one that was cut off, the end of its lines."""
    last = _KEY_END.search(text, start, start + _MOST_KEY)
    if last is not None:
        return last.end()
    blank = text.find("\n\n", start, start + _MOST_KEY)
    return blank if blank >= 0 else min(len(text), start + _MOST_KEY)
