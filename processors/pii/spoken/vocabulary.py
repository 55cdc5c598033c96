"""Number words of many languages, and what people call the signs of an e-mail address.

Written for this project, as folded lower-case text has them: no accents ("funf", "zero"). A language is one line of
each table; nothing else knows which languages there are.
"""

from __future__ import annotations

from typing import NamedTuple

from processors.pii.folding import fold


def words_of(text: str) -> frozenset[str]:
    """Give the words of a table's text."""
    return frozenset(text.split())


class NumberWords(NamedTuple):
    """The numbers of one language below a hundred. Spellings of one number stand beside one another, parted by `|`."""

    units: str
    """Zero upwards, to as far as a number is one word that is not made of others."""
    tens: str
    """From 20 upwards in steps of ten."""
    compound: str = ""
    """How tens and units become one word: "u+t" with what joins them (funf+und+zwanzig), "t+u" (venti+cinque)."""
    linking: str = ""
    """Words that may stand between tens and units: treinta y cinco."""
    hundreds: str = ""
    """From 100 upwards, where phone numbers are read in threes: piecset dwa, trzysta czterdziesci piec."""


_EN = "zero|oh|o|nought|naught one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
_DE = "null eins|ein zwei|zwo drei vier funf|fuenf sechs sieben acht neun zehn elf zwolf|zwoelf dreizehn vierzehn"
_FR = "zero un|une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"
_ES = "cero uno|un|una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis"
_IT = "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici"
_NL = "nul een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien"
_PL = "zero jeden dwa trzy cztery piec szesc siedem osiem dziewiec dziesiec jedenascie dwanascie trzynascie"
_PT = "zero um|uma dois|duas tres quatro cinco seis|meia sete oito nove dez onze doze treze catorze|quatorze quinze"

NUMBERS: dict[str, NumberWords] = {
    "en": NumberWords(
        f"{_EN} fifteen sixteen seventeen eighteen nineteen",
        "twenty thirty forty|fourty fifty sixty seventy eighty ninety",
    ),
    "de": NumberWords(
        f"{_DE} funfzehn|fuenfzehn sechzehn siebzehn achtzehn neunzehn",
        "zwanzig dreissig|dreisig vierzig funfzig|fuenfzig sechzig siebzig achtzig neunzig",
        compound="u+und+t",
    ),
    "fr": NumberWords(
        f"{_FR} dix-sept dix-huit dix-neuf",
        "vingt|vingts trente quarante cinquante soixante septante quatre-vingt|quatre-vingts|huitante nonante",
        linking="et",
    ),
    "es": NumberWords(
        f"{_ES} diecisiete dieciocho diecinueve",
        "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
        compound="t+u",
        linking="y",
        hundreds="cien|ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos "
        "novecientos",
    ),
    "it": NumberWords(
        f"{_IT} diciassette diciotto diciannove",
        "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
        compound="t+u",
    ),
    "nl": NumberWords(
        f"{_NL} achttien negentien",
        "twintig dertig veertig vijftig zestig zeventig tachtig negentig",
        compound="u+en+t",
    ),
    "pl": NumberWords(
        f"{_PL} czternascie pietnascie szesnascie siedemnascie osiemnascie dziewietnascie",
        "dwadziescia trzydziesci czterdziesci piecdziesiat szescdziesiat siedemdziesiat osiemdziesiat dziewiecdziesiat",
        hundreds="sto dwiescie trzysta czterysta piecset szescset siedemset osiemset dziewiecset",
    ),
    "pt": NumberWords(
        f"{_PT} dezesseis|dezasseis dezessete|dezassete dezoito dezenove|dezanove",
        "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
        linking="e",
        hundreds="cem|cento duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos novecentos",
    ),
    "sv": NumberWords(
        "noll|nolla ett|en tva tre fyra fem sex sju atta nio tio elva tolv tretton fjorton femton sexton sjutton arton",
        "tjugo|tjugi trettio fyrtio|fortio femtio sextio sjuttio attio nittio",
        compound="t+u",
    ),
    "da": NumberWords(
        "nul|null en|et to tre fire fem seks syv|sju otte|atte ni ti elleve tolv tretten fjorten femten seksten sytten "
        "atten nitten",
        "tyve|tjue tredive|tretti fyrre|forti halvtreds|femti treds|tres|seksti halvfjerds|sytti "
        "firs|atti halvfems|nitti",
        compound="u+og+t",
    ),
    "cs": NumberWords(
        "nula|nulla jedna|jeden dva|dve tri ctyri|styri pet|pat sest sedm|sedem osm|osem devet|devat deset|desat "
        "jedenact|jedenast dvanact|dvanast trinact|trinast ctrnact|strnast patnact|patnast sestnact|sestnast "
        "sedmnact|sedemnast osmnact|osemnast devatenact|devatnast",
        "dvacet|dvadsat tricet|tridsat ctyricet|styridsat padesat|patdesiat sedesat|sestdesiat "
        "sedmdesat osmdesat devadesat",
    ),
    "tr": NumberWords(
        "sifir bir iki uc dort bes alti yedi sekiz dokuz on onbir oniki onuc ondort "
        "onbes onalti onyedi onsekiz ondokuz",
        "yirmi otuz kirk elli altmis yetmis seksen doksan",
        compound="t+u",
    ),
    "hi": NumberWords(
        "shunya|sunya|zero ek do teen|tin char|chaar panch|paanch che|chhe|chhah saat|sat aath|ath nau", ""
    ),
    "ru": NumberWords(
        "ноль|нуль один|одна два|две три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать "
        "четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать",
        "двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто",
        hundreds="сто двести триста четыреста пятьсот шестьсот семьсот восемьсот девятьсот",
    ),
}

REPEATS = {
    **dict.fromkeys(("double", "doppel", "doble", "dupla", "doppio", "dubbel", "podwojne"), 2),
    **dict.fromkeys(("triple", "treble", "dreifach", "tripla", "triplo", "drievoudig"), 3),
}
"""Words that say how often the digit after them stands there."""

ZEROS = {"hundred": "00", "hundert": "00", "honderd": "00", "thousand": "000", "tausend": "000"}
"""Words that say how many zeros follow the digit before them."""

FILLERS = words_of("""
    uh um er erm ah hmm and then dash hyphen minus space pause comma area code ok okay ahm ah euh ben tiret bindestrich
    strich pause guion espacio trattino spazio espace streepje kreska spacja hifen espaco like so yes
""")
"""What stands between the groups of a number that somebody reads out."""

PLUS = words_of("plus mas piu mais arti")


def spelled(words: str) -> tuple[str, ...]:
    """Give words of a table in the form that a folded text has them in."""
    return tuple(fold(word).lower for word in words.split("|"))


def _signs(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fold(sign.strip()).lower for sign in text.split(",")))


AT_ALONE = _signs(
    "arobase, arobas, arrobas, arroba, chiocciola, chiocciolina, malpa, małpka, klammeraffe, klammeraffen, "
    "apenstaartje, apestaartje, snabel-a, snabel a, snabela, krollalfa, zavinac, kukac, at sign, at symbol, "
    "et isareti, kuyruklu a, собака, собачка"
)
"""Names of "@" that are nothing else in running text."""

AT_WORDS = _signs("at, ät, aet, et")
"""Names of "@" that are also words: they need a spelt-out domain behind them, or brackets around them."""

DOT_WORDS = _signs("dot, period, point, punkt, punto, ponto, punt, kropka, tecka, bodka, nokta, pont, prik, точка")

JOINT_WORDS = {
    **dict.fromkeys(DOT_WORDS, "."),
    **dict.fromkeys(
        _signs("underscore, under score, unterstrich, tiret bas, guion bajo, barra baja, trattino basso"), "_"
    ),
    **dict.fromkeys(
        _signs("liggend streepje, podkreslnik, podkreslenie, underline, sublinhado, understreck, understreg"), "_"
    ),
    **dict.fromkeys(
        _signs("alt cizgi, alt tire, подчеркивание, podtrzitko, podciarkovnik, soulignement, sottolineato"), "_"
    ),
    **dict.fromkeys(_signs("dash, hyphen, minus, bindestrich, tiret, guion, guion medio, trattino, streepje"), "-"),
    **dict.fromkeys(
        _signs("koppelteken, myslnik, hifen, traco, bindestreck, bindestreg, pomlcka, дефис, kreska, tire"), "-"
    ),
    **dict.fromkeys(_signs("plus, plus sign"), "+"),
}
"""What people call the signs inside a local part or a domain."""

TOP_LEVELS = words_of("""
    com net org info biz edu gov mil int io ai app dev me tv cc example test invalid eu uk de fr es it nl pl pt br in cn
    jp kr ru ua us ca au nz ie at ch be lu se no dk fi is ee lv lt cz sk hu ro bg gr tr il ae sa eg za ng ke mx ar cl co
    pe ve vn th id my sg hk tw ph pk hr si rs online shop store tech cloud site xyz pro name mobi agency email company
    solutions group global asia local
""")
"""Top-level domains that are taken for one behind a dot in words: not all there are, for many of them are words."""
