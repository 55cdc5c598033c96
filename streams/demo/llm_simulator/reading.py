"""The simulator's reading of an interaction: plain rules over the masked text, so that answers make sense on a screen.

Nothing here is clever. The words cover English, German, Spanish and French, the languages of the sample events. The
summary says that it is simulated; names appear as the placeholders that the text holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import re2


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_POSITIVE = _words(
    "thanks thank great happy love excellent perfect pleased delighted wonderful helpful smooth recommend solved "
    "brilliant impressed fantastic danke super toll zufrieden begeistert prima gracias excelente encantada encantado "
    "contento contenta satisfecho perfecto merci ravi ravie parfait parfaite formidable satisfait satisfaite"
)
_NEGATIVE = _words(
    "angry unacceptable disappointed disappointing frustrated frustrating terrible broken down failed fails failing "
    "wrong late delay delayed complaint cancel cancelling refund annoyed outage unhappy overcharged twice worse worst "
    "error errors crashed lost ridiculous leider enttäuscht verärgert inakzeptabel falsch kaputt beschwerde ausfall "
    "verspätung kündigen kündigung decepcionado decepcionada inaceptable molesto molesta fallo queja cancelar retraso "
    "mal déçu déçue inacceptable panne erreur retard résilier réclamation mécontent mécontente"
)
_CHURN = re2.compile(
    r"(?i)\b(cancel(?:l?ing|lation)?|terminate|leave you|leaving|switch(?:ing)? (?:to|provider|over)|moving to|"
    r"last chance|not renew(?:ing)?|won't renew|end (?:of )?(?:the|our) contract|close (?:the|my|our) account|"
    r"kündig\w*|wechseln|cancelar|dar de baja|darnos de baja|cambiar a|rescindir|résili\w*|"
    r"changer de fournisseur|partir chez)\b",
)
_UPSELL = re2.compile(
    r"(?i)\b(upgrade|add(?:ing)? (?:\w+ )?(?:seats|licen[cs]es|users|sites|branches)|more (?:seats|licen[cs]es|users|"
    r"capacity)|second (?:site|branch|location|account)|premium (?:plan|tier|package)|enterprise (?:plan|tier)|"
    r"expand(?:ing)?|new (?:site|branch|office|store)s?|opening|zusätzliche \w+|weitere (?:standorte|lizenzen|zähler)|"
    r"ampliar|nueva (?:tienda|sede|sucursal)|más licencias|nouvelle (?:agence|boutique)|licences supplémentaires)\b",
)
# Vendors of the sample events, all of them made up; others are found by the words that stand before a rival's name.
_KNOWN_COMPETITORS = (
    "Voltaria", "Brightgrid", "Nordlicht Strom", "Fjordbank", "Quillpay", "Banco Meridian", "Stackery Retail",
    "Shopwright", "Kassenwerk",
)  # fmt: skip
_COMPETITOR_CUE = re2.compile(
    r"(?:switch(?:ing)? (?:over )?to|moving to|compared (?:to|with)|quote from|offer from|instead of|versus|vs\.?|"
    r"Angebot von|wechseln zu|oferta de|cambiar a|offre de|partir chez) "
    r"(?P<name>[A-Z][\w&]{2,}(?: [A-Z][\w&]+)?)"
)
_TOPICS = (
    ("an outage", r"outage|down since|not reachable|power cut|ausfall|störung|apagón|panne"),
    (
        "a billing problem",
        r"invoice|bill(?:ed|ing)?|charged|refund|rechnung|abbuchung|factura|cobro|facture|prélèvement",
    ),
    ("a late delivery", r"deliver(?:y|ed)|shipment|courier|parcel|lieferung|paket|entrega|pedido|livraison|colis"),
    ("a security concern", r"fraud|phishing|stolen|suspicious|unauthori[sz]ed|betrug|fraude|piratage"),
    ("the renewal of the contract", r"renew(?:al)?|contract|vertrag|contrato|contrat"),
    ("access to the account", r"log ?in|password|locked|reset|zugang|passwort|contraseña|acceso|mot de passe"),
    ("an expansion", _UPSELL.pattern),
    ("a meeting", r"meeting|demo|call back|appointment|termin|reunión|cita|rendez-vous|réunion"),
)
_TOPIC_PATTERNS = tuple((name, re2.compile(f"(?i){pattern}")) for name, pattern in _TOPICS)
_REQUEST = re2.compile(
    r"(?i)\b(?:please|could you|can you|you need to|we need you to|kindly|bitte|könnten sie|por favor|podrían|merci de|"
    r"pourriez-vous|veuillez) "
)
# A full stop inside a number, a date or an address does not end a task.
_TASK = re.compile(r"(?:[^\n.?!;]|\.(?=\w)|(?<=\b\d)\.(?= \w)|(?<=\b\d\d)\.(?= \w)){8,200}")
_PLACEHOLDER = re.compile(r"<[A-Z][A-Z_]*_\d+>")
_PERSON = re.compile(r"<PERSON_\d+>")
_WORD = re.compile(r"[^\W\d_]+")
_NO_WORD = re.compile(r"\W+")
_SENTENCE_END = re.compile(r"[.!?]+(?=\s|$)")
_BETWEEN_SENTENCES = re.compile(r"(?<=[^\d\s][.!?])\s+|\n+")
_FEWEST_WORDS = 5

_MAX_ACTIONS = 4
_MAX_ACTION_CHARS = 120
_MAX_QUOTE_CHARS = 90
_MAX_COMPETITORS = 5


@dataclass(frozen=True, slots=True)
class Cues:
    """What the rules found in a text."""

    positive: int
    negative: int
    churn: int
    upsell: bool
    competitors: tuple[str, ...]

    @property
    def any(self) -> bool:
        """Whether the text says anything about how the customer feels or what comes next."""
        return bool(self.positive or self.negative or self.churn or self.upsell or self.competitors)

    @property
    def sentiment(self) -> str:
        """One of the three values of the schema."""
        weight = self.positive - self.negative - 2 * self.churn
        return "Positive" if weight > 0 else "Negative" if weight < 0 else "Neutral"

    @property
    def churn_risk(self) -> float | None:
        """0.0 to 1.0, or None where the text gives nothing to go by."""
        if not self.any:
            return None
        score = 0.2 + 0.25 * self.churn + 0.08 * self.negative - 0.08 * self.positive + 0.1 * len(self.competitors)
        return round(min(0.97, max(0.03, score)), 2)


def cues_of(text: str) -> Cues:
    """Count the words and phrases that the rules know."""
    words = _NO_WORD.split(text.casefold())
    return Cues(
        positive=sum(word in _POSITIVE for word in words),
        negative=sum(word in _NEGATIVE for word in words),
        churn=min(3, len(_CHURN.findall(text))),
        upsell=_UPSELL.search(text) is not None,
        competitors=competitors_in(text),
    )


def interaction_summary(text: str, *, title: str = "", customer: str = "") -> dict[str, object]:
    """Answer the six questions of the kind `interaction_summary` for a masked text; never fails, whatever the text.

    `title` and `customer` (a placeholder) come from the prompt's headings, where it has them.
    """
    # re2 takes no lone surrogates, which JSON may hold.
    text = text.encode("utf-8", "replace").decode()
    cues = cues_of(text)
    return {
        "executive_summary": _summary(text, title, customer, cues),
        "overall_sentiment": cues.sentiment,
        "churn_risk_score": cues.churn_risk,
        "action_items_for_rep": list(_actions(text)),
        "mentioned_competitors": list(cues.competitors),
        "upsell_opportunity_identified": cues.upsell,
    }


def competitors_in(text: str) -> tuple[str, ...]:
    """Names of rivals in the order of their first mention; each occurs in the text as it is returned."""
    found = {name: text.find(name) for name in _KNOWN_COMPETITORS if name in text}
    for match in _COMPETITOR_CUE.finditer(text):
        name = match["name"]
        if not any(name in known or known in name for known in found):
            found[name] = match.start("name")
    return tuple(sorted(found, key=found.__getitem__))[:_MAX_COMPETITORS]


def _summary(text: str, title: str, customer: str, cues: Cues) -> str:
    person = _PERSON.search(customer) or _PERSON.search(text)
    who = person.group() if person else "The customer"
    topic = next((name for name, pattern in _TOPIC_PATTERNS if pattern.search(text)), "an open question")
    quote = _as_quote(title) or _first_sentence(text)
    # What it is about comes first: a table has room for the beginning only.
    about = f"{quote}: {who} writes about {topic}." if quote else f"{who} writes about {topic}."
    return f"[simulated] {about} {_outlook(cues)}"


def _outlook(cues: Cues) -> str:
    tone = f"The tone is {cues.sentiment.lower()}"
    if cues.churn and cues.competitors:
        return f"{tone}, and the account may move to {cues.competitors[0]}."
    if cues.churn:
        return f"{tone}, and there is talk of leaving."
    if cues.competitors:
        return f"{tone}, and {cues.competitors[0]} is named as an alternative."
    if cues.upsell:
        return f"{tone}, and there is room to sell more."
    return f"{tone}, and nothing points to a change of vendor."


def _first_sentence(text: str) -> str:
    """The first sentence that is more than a greeting."""
    for sentence in _BETWEEN_SENTENCES.split(text):
        if len(_WORD.findall(sentence)) >= _FEWEST_WORDS:
            return _as_quote(sentence)
    return ""


def _as_quote(text: str) -> str:
    """Without full stops, so that the summary stays two sentences."""
    return _shortened(_SENTENCE_END.sub("", " ".join(text.split())), _MAX_QUOTE_CHARS)


def _actions(text: str) -> tuple[str, ...]:
    actions: dict[str, None] = {}
    for request in _REQUEST.finditer(text):
        found = _TASK.match(text, request.end())
        task = _shortened(" ".join(found.group().split()).strip(" ,:-"), _MAX_ACTION_CHARS) if found else ""
        if task:
            actions[task[0].upper() + task[1:]] = None
        if len(actions) == _MAX_ACTIONS:
            break
    return tuple(actions)


def _shortened(text: str, limit: int) -> str:
    """Cut at a word, and never inside a placeholder: half of one could not be restored."""
    if len(text) <= limit:
        return text
    cut = limit - 1
    for placeholder in _PLACEHOLDER.finditer(text):
        if placeholder.start() < cut < placeholder.end():
            cut = placeholder.start()
    head = text[:cut]
    space = head.rfind(" ")
    return (head[:space] if space > limit // 2 else head).rstrip() + "…"
