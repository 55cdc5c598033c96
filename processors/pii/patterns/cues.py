"""Words in front of a number that say what it is. Matched on the folded, lower-case text: no accents, any width.

Two rules keep a second pass over masked text from finding what the first did not. A cue that speaks *for* a find is
looked for only back to the nearest angle bracket, so a placeholder ends the view. A cue that speaks *against* one may
have a placeholder between itself and the number, which counts as a word.

And one rule for whoever adds a cue: what may repeat is possessive (`*+`, `{0,20}+`), and what follows it begins with
none of its characters. Then no text has two readings, and a search that fails has read its view once for each cue in
it. One overlap of two classes (a dot that was both a word and what parts words) made a row of forty dots in front of an
address cost 6 s, and sixty more than a worker has: `re` holds the interpreter while it looks for another reading.
"""

# ruff: noqa: RUF001 - cues of other scripts are the point

from __future__ import annotations

import re

_VIEW = 64
"""How far back a cue is looked for, in characters."""

_PHONE = (
    r"(?:tele)?phone|tel|telefon|telefono|telefone|telefoon|fon|mobile?|mobil\w*+|movil|cell(?:ular|phone)?|celular|handy|"
    r"handynummer|rufnummer|ruckruf|durchwahl|portable|whats ?app|viber|telegram|signal|sms|fax|gsm|cep|ligar|ligue|"
    r"call(?:ed|ing|back|s)?|dial(?:ed|ling|ing)?|ring|rang|text(?:ed)?|reach(?:ed)?|tried|contact (?:no|number|#)|"
    r"my (?:number|nr)|number is|erreichbar|anrufen|ruf\w*+|joindre|joignable|appele[rz]|llama\w*+|llame\w*+|"
    r"zadzwo\w*+|komorka|kom|sdt|dien thoai|bellen|chiam\w*+|answering|"
    r"(?:desk|office|direct|landline|home|work)(?=\s?:)|cellulare|numer telefonu|telf?|tlf|"
    r"[тt][eе]л\w*+|[мm][оo][бb]\w*+"
)
_PHONE_CJK = r"手机号?码?|电话|联系方式|联系电话|電話|携帯|휴대폰|전화|연락처|هاتف|جوال\w*+|الجوال|رقم الهاتف|موبايل"
_PHONE_BEFORE = re.compile(
    rf"(?:(?<![a-z])(?:{_PHONE})(?![a-z])|{_PHONE_CJK})[^<>\n0-9]{{0,20}}+"
    # The label on the line above, or the question and then the answer behind the speaker's name.
    r"(?:\n(?:[^<>\n0-9:]{1,16}+:)?+[ ]{0,2}+)?+\Z"
)
_PHONE_AFTER = re.compile(r"[ \-]{0,2}\(?(?:office|fax|mobile|mob|cell|home|work|desk|direct|landline|tel)(?![a-z])")

_CARD_BEFORE = re.compile(
    r"(?:card|visa|master ?card|maestro|amex|cc|credit|debit|karte\w*+|kartennummer|kreditkarte\w*+|carte|tarjeta|"
    r"carta|cartao|karta|karty|kart|卡号|银行卡|カード)[^<>\n0-9]{0,24}+\Z"
)
_SSN_BEFORE = re.compile(r"(?:ssn|social security|soc sec|sozialversicherung)[^<>\n0-9]{0,24}+\Z")

# What follows these is somebody's reference, amount or measure, whatever it looks like.
_REFERENCE = (
    r"orders?|po|so|invoices?|inv|tickets?|cases?|ref|reference|claim|incident|contracts?|quotes?|policy|tracking|track|"
    r"parcel|shipment|awb|serial|s/n|sn|sku|p/n|part|asset|batch|lot|isbn|ean|upc|gtin|imei|model|article|artikel\w*+|"
    r"charge|menge|transaction|txn|transfer|account|acct|a/c|konto|kontonummer|iban|bic|blz|routing|sort code|"
    r"(?:customer|client|user|employee|member)(?= ?(?:no|nr|num|number|id|#))|"
    r"vat|tax|ust|steuer\S*+|bestell\w*+|auftrag\w*+|rechnung\w*+|vertrag\w*+|kunden\w*+|"
    r"commande|facture|contrat|abonnement|dossier|pedido|factura|contrato|cuenta|orden|ordine|fattura|contratto|"
    r"zamowieni[ae]|faktur[ay]|umow[ay]|bestelling|factuur|siparis|fatura|don hang|dni|nie|nif|pesel|nip|cpf|cnpj|bsn|"
    r"personnummer|aadhaar|pan|passport|nhs|insee|sim|iccid|timestamps?|epoch|unix|id|uid|uuid|pin|otp|code|lat|lon|"
    r"qty|quantity|total|amount|price|budget|balance|seats|version|build|error|err|status|port|zip|plz"
)
_REFERENCE_CJK = r"单号|订单号?|合同号?|发票号?|编号|身份证号?码?|账号|注文番号|주문번호|طلب|رقم الطلب"
_LINK = r"(?:[\s.:=_\-#°'\"(\[]|\b(?:no|nr|num|number|numero|nummer|numer|n|is|are|was|lautet|est|es|and|code|id)\b)"
_REFERENCE_BEFORE = re.compile(rf"(?:(?<![a-z])(?:{_REFERENCE})|{_REFERENCE_CJK}|#){_LINK}{{0,8}}+\Z")

_MONEY_BEFORE = re.compile(r"(?:[$€£¥₹₽₩₺₴]|\b(?:usd|eur|gbp|chf|pln|jpy|inr|brl|cny|sek|nok|dkk))\s?\Z")
_UNIT_AFTER = re.compile(
    r"\s?(?:[$€£¥₹₽₩₺₴%]|(?:usd|eur|gbp|chf|pln|jpy|inr|brl|cny|sek|nok|dkk|ms|sec|s|min|kb|mb|gb|tb|px|kg|km|cm|mm|"
    r"units?|pcs|calls|times|hits|visits|requests|events|users?|seats?|items?|rows?|records?|bytes|stuck)(?![a-z0-9]))"
)
_VERSION_BEFORE = re.compile(
    r"(?:(?<![a-z])(?:version(?:en|s)?|ver|v|release[ds]?|build|firmware|fw|driver|patch(?:ed)?|upgrad\w*+|updat\w*+|"
    r"downgrad\w*+|rolled|rollout|install\w*+|running|since|agent|client v|app|api|sdk|"
    r"section|chapter|clause|paragraph|oid|kapitel|abschnitt|ziffer|seccion|capitulo|hoofdstuk|rozdzial)(?![a-z])|版本)"
    r"(?:[\s.:=]++<?[\w\-]++(?:\.++[\w\-]++)*+>?){0,4}+[\s.:=v]*+\Z"
)
_ADDRESS_CUE = re.compile(
    r"(?:(?<![a-z])(?:ip|ips|ipv4|host|src|dst|source|destination|gateway|dns|subnet|server|login|logged|remote|"
    r"connect\w*+|ping\w*+|whitelist|allowlist|block\w*+|anfrage|adress\w*+|address)(?![a-z]))[^<>\n0-9]{0,24}+\Z"
)


def _before(lower: str, start: int) -> str:
    return lower[max(0, start - _VIEW) : start]


def phone_follows(lower: str, start: int) -> bool:
    """Tell whether the text just before `start` says that a phone number follows."""
    return _PHONE_BEFORE.search(_before(lower, start)) is not None


def is_phone_label(lower: str, end: int) -> bool:
    """Tell whether what follows `end` says that a phone number stood there, as in `416 60 039 office`."""
    return _PHONE_AFTER.match(lower, end) is not None


def card_follows(lower: str, start: int) -> bool:
    """Tell whether the text just before `start` says that a card number follows."""
    return _CARD_BEFORE.search(_before(lower, start)) is not None


def ssn_follows(lower: str, start: int) -> bool:
    """Tell whether the text just before `start` says that a Social Security number follows."""
    return _SSN_BEFORE.search(_before(lower, start)) is not None


def reference_follows(lower: str, start: int) -> bool:
    """Tell whether the text just before `start` names an order, an invoice, an account: a number that is no phone."""
    before = _before(lower, start)
    return _REFERENCE_BEFORE.search(before) is not None or _MONEY_BEFORE.search(before) is not None


def is_quantity(lower: str, end: int) -> bool:
    """Tell whether a currency or a unit follows `end`."""
    return _UNIT_AFTER.match(lower, end) is not None


def version_follows(lower: str, start: int) -> bool:
    """Tell whether four dotted numbers at `start` are rather a version than an IP address."""
    before = _before(lower, start)
    return _ADDRESS_CUE.search(before) is None and _VERSION_BEFORE.search(before) is not None
