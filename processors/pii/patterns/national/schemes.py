"""How each scheme is written, what people call it, and which need no name because their arithmetic is enough.

A mask is the number's form: `9` a digit, `A` a letter, `X` either, a space a place where people put a space, a dot, a
dash or a slash, or nothing. A label tells which scheme follows; the digits then need not add up, for a mistyped number
is still somebody's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from processors.pii.patterns.national import numbers

if TYPE_CHECKING:
    from collections.abc import Callable

_SIGNS = {"9": "[0-9]", "A": "[a-z]", "X": "[0-9a-z]", " ": r"[ .\-/]?"}
_SEPARATORS = str.maketrans("", "", " .-/")


@dataclass(frozen=True)
class Scheme:
    """One kind of number."""

    name: str
    masks: tuple[str, ...]
    labels: str
    """What it is called, `|` between the names, a space where words are joined by anything or nothing."""
    check: Callable[[str], bool] | None = None
    must_add_up: bool = False
    """Whether the check decides even behind a label: what the label says is said of other numbers too."""

    @cached_property
    def shape(self) -> re.Pattern[str]:
        """Match the number in a folded, lower-case text."""
        masks = "|".join("".join(_SIGNS.get(sign, re.escape(sign)) for sign in mask) for mask in self.masks)
        return re.compile(rf"(?:{masks})(?![0-9a-z])")

    def adds_up(self, written: str) -> bool:
        """Tell whether `written`, of the scheme's shape, is a number that the scheme can give."""
        return self.check is None or self.check(written.translate(_SEPARATORS).upper())


SCHEMES: tuple[Scheme, ...] = (
    Scheme("US_ITIN", ("999 99 9999",), "itin|individual taxpayer identification number", numbers.us_itin),
    Scheme(
        "UK_NINO",
        ("AA 99 99 99 A", "AA 99 99 99"),
        "nino|ni number|ni no|ni|national insurance|national insurance number|nat ins no|nat ins",
        numbers.uk_nino,
    ),
    Scheme("UK_NHS", ("999 999 9999",), "nhs|nhs number|nhs no", numbers.uk_nhs),
    Scheme("UK_UTR", ("99999 99999",), "utr|unique taxpayer reference|self assessment reference"),
    Scheme(
        "DE_TAX",
        ("99 999 999 999",),
        "steuer id|steuerid|steueridentifikationsnummer|steuerliche identifikationsnummer|identifikationsnummer|idnr|"
        "steuer identnummer|persoenliche steuernummer|tin",
        numbers.de_tax,
    ),
    Scheme(
        "DE_TAX_OFFICE",
        ("999 999 99999", "99 999 99999", "999 9999 9999", "9999 9999 99999"),
        "steuernummer|st nr|stnr",
    ),
    Scheme(
        "DE_INSURANCE",
        ("99 999999 A 999",),
        "sozialversicherungsnummer|sv nummer|svnr|sv nr|rentenversicherungsnummer|versicherungsnummer|rv nummer",
    ),
    Scheme("DE_HEALTH", ("A999999999",), "krankenversichertennummer|versichertennummer|kvnr|kv nummer"),
    Scheme("AT_INSURANCE", ("9999 999999",), "sozialversicherungsnummer|sv nummer|svnr|sv nr|versicherungsnummer"),
    Scheme(
        "FR_NIR",
        ("9 99 99 9X 999 999 99", "9 99 99 9X 999 999"),
        "nir|securite sociale|secu|n secu|numero secu|numero de secu|numero de securite sociale|insee|numero insee",
        numbers.fr_nir,
    ),
    Scheme("FR_TAX", ("99 99 999 999 999",), "numero fiscal|n fiscal|reference fiscale|identifiant fiscal"),
    Scheme(
        "ES_DNI",
        ("99 999 999 A", "A 9999999 A", "9 999 999 A"),
        "dni|nie|nif|documento nacional de identidad|documento de identidad|numero de identidad|"
        "numero de identificacion fiscal",
        numbers.es_dni,
    ),
    Scheme("AR_DNI", ("99 999 999", "9 999 999"), "dni|documento nacional de identidad|documento de identidad"),
    Scheme(
        "IT_FISCAL",
        ("AAA AAA XXAXX AXXXA",),
        "codice fiscale|cod fiscale|cod fisc|cf|c f",
        numbers.it_fiscal,
    ),
    Scheme(
        "NL_BSN",
        ("9999 99 999", "999 999 999", "9999 9999"),
        "bsn|burgerservicenummer|burger service nummer|sofinummer|sofi nummer",
        numbers.nl_bsn,
    ),
    Scheme("PL_PESEL", ("999999 99999",), "pesel|numer pesel|nr pesel|peselu|peselem", numbers.pl_pesel),
    Scheme("PL_NIP", ("999 999 99 99", "999 99 99 999"), "nip|numer nip|nr nip", numbers.pl_nip),
    Scheme(
        "PT_NIF",
        ("999 999 999",),
        "nif|contribuinte|numero de contribuinte|n contribuinte|numero de identificacao fiscal",
        numbers.pt_nif,
    ),
    Scheme(
        "PT_CARD",
        ("99999999 9 AA9", "99999999 9", "99999999"),
        "cartao de cidadao|cartao do cidadao|bilhete de identidade",
    ),
    Scheme("PT_SOCIAL", ("99999999999",), "niss"),
    Scheme("BR_CPF", ("999 999 999 99",), "cpf", numbers.br_cpf),
    Scheme("BR_CNPJ", ("99 999 999 9999 99",), "cnpj", numbers.br_cnpj),
    Scheme("BR_RG", ("99 999 999 X", "9 999 999 X", "99 999 999", "9999999"), "rg|registro geral|identidade"),
    Scheme("BR_PIS", ("999 99999 99 9",), "pis|nis|pasep|nit"),
    Scheme("IN_AADHAAR", ("9999 9999 9999",), "aadhaar|aadhar|adhaar|adhar|uidai", numbers.in_aadhaar),
    Scheme("IN_PAN", ("AAAAA 9999 A",), "pan|pan card", numbers.in_pan),
    Scheme("CN_RESIDENT", ("999999 99999999 999X",), "身份证|居民身份证|公民身份|身分證", numbers.cn_resident),
    Scheme(
        "TR_KIMLIK",
        ("99999999999",),
        "tc kimlik|t c kimlik|kimlik|tckn|tc no|t c no|tc|kimlik numaram",
        numbers.tr_kimlik,
    ),
    Scheme(
        "SE_PERSON",
        ("999999 9999", "99999999 9999", "999999+9999"),
        "personnummer|person nr|personnr|samordningsnummer|pnr",
        numbers.se_personnummer,
    ),
    Scheme("DK_CPR", ("999999 9999",), "cpr|cpr nummer|personnummer"),
    Scheme("NO_BIRTH", ("999999 99999",), "fodselsnummer|fodselsnr|fnr|personnummer", numbers.no_fodselsnummer),
    Scheme("FI_HETU", ("999999 999X", "999999A999X", "999999+999X"), "hetu|henkilotunnus|sotu", None),
    Scheme("CZ_BIRTH", ("999999 9999", "999999 999"), "rodne cislo|r c|rod cislo", numbers.cz_birth),
    Scheme("CH_AHV", ("999 9999 9999 99",), "ahv|ahv nummer|ahv nr|avs|numero avs", numbers.ch_ahv),
    Scheme(
        "BE_NATIONAL",
        ("99 99 99 999 99",),
        "rijksregisternummer|rijksregister|registre national|nrn|insz|niss",
        numbers.be_national,
    ),
    Scheme("RU_SNILS", ("999 999 999 99",), "снилс|snils", numbers.ru_snils),
    Scheme("RU_INN", ("999999999999", "9999999999"), "инн"),
    Scheme("RU_PASSPORT", ("99 99 999999",), "паспорт|паспорта|серия и номер|загранпаспорт|загранпаспорта"),
    Scheme("KR_RESIDENT", ("999999 9999999",), "주민등록번호|주민번호", numbers.kr_resident),
    Scheme("JP_MY_NUMBER", ("9999 9999 9999",), "マイナンバー|個人番号|my number"),
    Scheme("RO_CNP", ("9999999999999",), "cnp|cod numeric personal", numbers.ro_personal),
    Scheme("SG_NRIC", ("A9999999A",), "nric|nric fin", numbers.sg_nric),
    Scheme("MX_CURP", ("AAAA999999AAAAAAX9",), "curp", numbers.mx_curp),
    Scheme("MX_RFC", ("AAAA 999999 XXX",), "rfc", None),
    Scheme("CL_RUT", ("99 999 999 X", "9 999 999 X"), "rut"),
    Scheme(
        "CO_CEDULA",
        ("9 999 999 999", "99 999 999", "999999 9999"),
        "cedula|cedula de ciudadania|cedula de identidad",
    ),
    Scheme("IE_PPS", ("9999999 AA", "9999999 A"), "ppsn|pps number|pps no|pps"),
    Scheme(
        "CA_SIN",
        ("999 999 999",),
        "sin|social insurance number|social insurance|nas",
        numbers.ca_sin,
        must_add_up=True,
    ),
    Scheme("AU_TFN", ("999 999 999", "99 999 999"), "tfn|tax file number"),
    Scheme("AU_MEDICARE", ("9999 99999 9", "9999 99999 9 9"), "medicare|medicare number|medicare card"),
    Scheme("US_MEDICARE", ("9AX9 AX9 AA99",), "medicare|medicare number|mbi|medicare id"),
    Scheme("ZA_ID", ("999999 9999 999",), "sa id|south african id|rsa id"),
    Scheme("VN_CITIZEN", ("999 999 999 999", "999 999 999"), "cccd|cmnd|can cuoc cong dan|chung minh nhan dan"),
    Scheme("GR_AMKA", ("99999999999",), "αμκα|amka"),
    Scheme("GR_AFM", ("999999999",), "αφμ|afm"),
    Scheme("HR_OIB", ("99999999999",), "oib"),
    Scheme("BG_EGN", ("9999999999",), "егн|egn"),
    Scheme("RS_JMBG", ("9999999999999",), "jmbg|јмбг|emso"),
    Scheme("ID_NIK", ("9999999999999999",), "nik|no ktp|ktp"),
    Scheme("IL_ID", ("999999999", "99999999 9"), "teudat zehut|תעודת זהות|ת.ז"),
    Scheme("HU_TAX", ("9999999999", "999 999 999"), "adoazonosito|adoazonosito jel|taj szam|taj"),
    Scheme("SA_ID", ("9999999999",), "رقم الهوية|الهوية الوطنية|هوية|الاقامة|الإقامة|iqama"),
    Scheme("EG_ID", ("99999999999999",), "الرقم القومي"),
)  # fmt: skip
"""Every scheme that has a form of its own."""

# No other number looks like these and adds up: their check leaves one in eleven or fewer, their form much less.
SELF_EVIDENT: dict[str, str] = {
    "CN_RESIDENT": r"[1-9][0-9]{5}(?:19|20)[0-9]{9}[0-9Xx]",
    "IT_FISCAL": r"(?i:[A-Z]{6}[0-9L-NP-V]{2}[A-EHLMPR-T][0-9L-NP-V]{2}[A-Z][0-9L-NP-V]{3}[A-Z])",
    "BR_CPF": r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}",
    "BR_CNPJ": r"[0-9]{2}\.[0-9]{3}\.[0-9]{3}/[0-9]{4}-[0-9]{2}",
    "FR_NIR": r"[12] ?[0-9]{2} ?[0-9]{2} ?[0-9][0-9ABab] ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}",
    "CH_AHV": r"756\.[0-9]{4}\.[0-9]{4}\.[0-9]{2}",
    "UK_NINO": r"[A-Z]{2} [0-9]{2} [0-9]{2} [0-9]{2} [A-D]",
    "ES_DNI": r"(?:[0-9]{8}|[XYZ][ \-]?[0-9]{7})-?[A-HJ-NP-TV-Z]",
    "IN_PAN": r"[A-Z]{3}P[A-Z][0-9]{4}[A-Z]",
    "MX_CURP": r"[A-Z]{4}[0-9]{6}[HMX][A-Z]{5}[0-9A-Z][0-9]",
    "BE_NATIONAL": r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}\.[0-9]{2}",
    "US_ITIN": r"9[0-9]{2}-[5-9][0-9]-[0-9]{4}",
}  # fmt: skip
"""Scheme and the form (ASCII) in which its number is believed without a label, if it adds up."""
