r"""How people tell a model to leave its task, in the languages that CRMs hold most: RE2 patterns, as data.

RE2's `\w` and `\b` know ASCII only, so words are spelt with `\pL` and begin after anything that is no letter.
"""

from __future__ import annotations

# Up to four words between two that matter ("ignore *all of your* previous instructions").
_GAP = r"(?:[^\pL]+\pL+){0,4}?[^\pL]+"
_START = r"(?:^|[^\pL])"
_END = r"(?:$|[^\pL])"

# A verb that cancels and, close behind it, a thing that only a machine is given. "Ignore my previous e-mail" has no
# such thing; "please follow the instructions above" has no such verb; English needs more (below), since its
# "instructions" are also those of a parcel or a recipe.
_CANCELLED = {
    "de": (
        r"ignorier\pL*|missacht\pL*|vergiss|vergessen sie|überschreib\pL*",
        r"anweisung\pL*|instruktion\pL*|systemprompt\pL*|prompts?|vorgaben",
    ),
    "nl": (r"negeer|vergeet|omzeil", r"instructies?|opdrachten|aanwijzingen|richtlijnen|systeemprompt"),
    "fr": (r"ignor\pL+|oubli\pL+|désobéi\pL*", r"instructions?|consignes|directives|règles"),
    "es": (r"ignor\pL+|olvid\pL+|desobede\pL+|omit\pL+", r"instrucciones|indicaciones|órdenes|directrices|reglas"),
    "pt": (r"ignor\pL+|esque[cç]\pL+|desconsider\pL+", r"instruções|orientações|diretrizes|regras"),
    "it": (r"ignor\pL+|dimentic\pL+|trascur\pL+", r"istruzioni|direttive|regole"),
    "pl": (r"zignoruj|ignoruj|zapomnij|pomiń", r"instrukcj\pL*|polece\pL*|wytyczn\pL*|zasad\pL*"),
    "ru": (
        r"(?:про)?игнориру\pL*|забудь\pL*|не обращай внимания на",
        r"инструкци\pL*|указани\pL*|правил\pL*|команд\pL*",
    ),
    "uk": (r"(?:про)?ігноруй\pL*|забудь\pL*", r"інструкці\pL*|вказівк\pL*|правил\pL*"),
    "ar": (r"تجاهلي?|انسَ?", r"(?:ال)?تعليمات|(?:ال)?أوامر|(?:ال)?قواعد"),
}

_ENGLISH_THINGS = r"(?:instructions?|prompts?|rules|directives?|guidelines|guardrails|restrictions|programming)"
_FIELDS = r"(?:overall.)?sentiment|churn(?:.risk)?(?:.score)?|upsell(?:.opportunity)?(?:.identified)?"
_MACHINE = r"(?:ai|assistant|chatbot|language model|llm|gpt|dan)"

_ENGLISH = (
    (
        r"(?:ignore|disregard|forget|override|bypass|overlook)"
        rf"{_GAP}(?:previous|prior|above|earlier|preceding|original|system|safety|existing|initial|your)"
        rf"(?:[^\pL]+\pL+){{0,2}}?[^\pL]+{_ENGLISH_THINGS}{_END}"
    ),
    (
        r"(?:ignore|disregard|forget)[^\pL]+(?:everything|all|anything)(?: that| which)?"
        r"[^\pL]+(?:you (?:were|have been|are|ve been) told|above|before this|said so far)"
    ),
    rf"do not (?:follow|obey) (?:the |your |any )?(?:previous|above|system|original) {_ENGLISH_THINGS}",
    (
        rf"(?:print|reveal|show|repeat|output|display|leak|what (?:is|are)|tell me|give me)"
        rf"{_GAP}(?:system|developer|initial|hidden)[^\pL]+(?:prompt|message|instructions?){_END}"
    ),
    r"your system prompt",
    rf"you are (?:now|no longer)(?:[^\pL]+\pL+){{0,3}}?[^\pL]+(?:{_MACHINE}|developer mode|unrestricted){_END}",
    rf"(?:pretend|act|respond|roleplay) (?:to be|as|like|as if you (?:are|were))(?: \pL+){{0,3}}? {_MACHINE}{_END}",
    (
        rf"(?:set|change|make|mark|rate|report|return|output)(?:[^\pL]+\pL+){{0,3}}?[^\pL]+(?:{_FIELDS})"
        r"(?:[^\pL]+\pL+){0,2}?[^\pL]*(?:to|as|=|:)[^\pL\d]*(?:positive|negative|neutral|true|false|null|zero|\d)"
    ),
    (
        rf"(?:note|message|instructions?|attention)(?: to| for)?:? (?:the |any |all )?(?:{_MACHINE}|summari[sz]er)"
        r"(?: assistants?| models?| agents?| systems?)?(?: reading this)? ?[:,]"
    ),
    rf"(?:new|updated|real|actual) (?:system )?instructions?(?: for (?:you|the (?:{_MACHINE}|model)))? ?:",
    r"jailbr(?:eak|oken)|prompt injection|developer mode (?:enabled|on|activated)",
)

# To show what was said to it in secret, in languages that call it a prompt too.
_REVEALED = (
    r"(?:zeig\pL*|gib|nenn\pL*|affich\pL*|révèl\pL*|montr\pL*|muéstra\pL*|muestr\pL*|revel\pL*|mostr\pL*|imprim\pL*|toon)"
    rf"{_GAP}(?:system-?prompt\pL*|systeemprompt|prompt (?:du |del |do |di )?(?:système|sistema)|invite système)"
)

# No spaces between words, or the verb at the end.
_OTHER_ORDER = (
    r"(?:忽略|忽視|忽视|無視|无视|忘记|忘記|不要理会|不要遵守).{0,12}(?:指令|指示|提示词|提示詞|规则|規則|设定|設定)",
    r"(?:これまで|以前|上記|前|すべて|全て).{0,8}(?:指示|命令|ルール|プロンプト).{0,4}(?:無視|忘れ)",
    r"(?:이전|위의|앞의|모든).{0,8}(?:지시|명령|규칙|프롬프트).{0,6}(?:무시|잊)",
    r"系统提示|系統提示|システムプロンプト|시스템 프롬프트",
    (
        r"(?:önceki|yukarıdaki|tüm)(?:[^\pL]+\pL+){0,2}?[^\pL]+(?:talimat|komut|kural)\pL*"  # noqa: RUF001 - Turkish
        r"(?:[^\pL]+\pL+){0,2}?[^\pL]+(?:yok say|unut|görmezden)"
    ),
    r"(?:पिछले|उपरोक्त|सभी).{0,20}(?:निर्देश|नियम).{0,20}(?:अनदेखा|नज़रअंदाज|भूल)",
)

# The tokens and headings of chat formats, which no person needs to type.
_CHAT_FORMATS = (
    r"<\|(?:im_start|im_end|system|user|assistant|start|end|channel|message)\|>",
    r"\[/?(?:INST|SYSTEM|SYS)\]|<</?SYS>>|</?(?:system|assistant|developer)(?:_prompt|_message)?>",
    r"(?:^|\n)[#\s]*(?:system|assistant|developer)(?: prompt| message| override)? ?: ?(?:you |ignore|from now)",
)

PATTERNS = (
    *(f"{_START}(?:{verbs}){_GAP}(?:{things}){_END}" for verbs, things in _CANCELLED.values()),
    *(f"{_START}(?:{phrase})" for phrase in (*_ENGLISH, _REVEALED)),
    *_OTHER_ORDER,
    *_CHAT_FORMATS,
)
