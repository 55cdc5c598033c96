"""Which numbers can be somebody's: one function for each scheme, named by country and scheme. Pure functions.

Each takes the value as capitals and digits without separators, of the length that its mask says (see `schemes`).
"""

from __future__ import annotations

from processors.pii.patterns import checks
from processors.pii.patterns.national.checksums import complement_ends, ends_in, iso_11_10, verhoeff, weighted

_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_FISCAL_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16,
         10, 22, 25, 24, 23),
        strict=True,
    )
)  # fmt: skip
_FISCAL_MONTHS = "ABCDEHLMPRST"
_FISCAL_DIGITS = str.maketrans("LMNPQRSTUV", "0123456789")
_PIN_LETTERS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_TAXPAYER_GROUPS = frozenset((*range(50, 66), *range(70, 89), 90, 91, 92, *range(94, 100)))
_NINO_NEVER = frozenset({"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"})
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_MOST_MONTHS, _MOST_DAYS = 12, 31
# French registers write these for births abroad and of no known date.
_UNKNOWN_MONTHS = frozenset((*range(20, 43), *range(50, 100)))
_WITH_KEY = 15
_FIRST_YEAR, _LAST_YEAR = 1880, 2100


def _month_and_day(month: str, day: str) -> bool:
    return 1 <= int(month) <= _MOST_MONTHS and 1 <= int(day) <= _MOST_DAYS


def us_itin(value: str) -> bool:
    """Individual taxpayer: like a Social Security number, area 9xx, group of 50 to 65, 70 to 88, 90 to 92, 94 to 99."""
    return value[0] == "9" and int(value[3:5]) in _TAXPAYER_GROUPS


def uk_nino(value: str) -> bool:
    """National Insurance: two letters (not D F I Q U V, second not O), six digits, a letter of A to D."""
    first, second = value[0], value[1]
    letters = first not in "DFIQUV" and second not in "DFIQUVO" and value[:2] not in _NINO_NEVER
    return letters and value[2:8].isdigit() and value[8:] in {"", "A", "B", "C", "D"}


def uk_nhs(value: str) -> bool:
    """NHS number: ten digits, weights 10 to 2, modulo 11."""
    remainder = weighted(value, range(10, 1, -1)) % 11
    return (11 - remainder) % 11 == int(value[9])


def de_tax(value: str) -> bool:
    """Steuer-ID: eleven digits, the first no zero, exactly one digit twice or thrice in the first ten."""
    counts = sorted(value[:10].count(digit) for digit in set(value[:10]))
    return value[0] != "0" and counts[-1] in {2, 3} and counts[-2:-1] != [2] and iso_11_10(value)


def de_document(value: str) -> bool:
    """Personalausweis, Reisepass: nine signs without vowels, and a check digit by weights 7, 3, 1."""
    body = sum(int(char, 36) * (7, 3, 1)[place % 3] for place, char in enumerate(value[:9]))
    return value[9:].isdigit() and body % 10 == int(value[9])


def fr_nir(value: str) -> bool:
    """Numéro de sécurité sociale: sex, year, month, place, and a key modulo 97 (Corsica: 2A is 19, 2B 18)."""
    digits = value[:13].replace("2A", "19").replace("2B", "18")
    if value[0] not in "12" or not (digits + value[13:]).isdigit():
        return False
    month = int(value[3:5])
    known = 1 <= month <= _MOST_MONTHS or month in _UNKNOWN_MONTHS
    return known and (len(value) < _WITH_KEY or 97 - int(digits) % 97 == int(value[13:]))


def es_dni(value: str) -> bool:
    """DNI and NIE: the letter is the number modulo 23; X, Y, Z of a foreigner count 0, 1, 2."""
    digits = value[:-1].replace("X", "0").replace("Y", "1").replace("Z", "2")
    return digits.isdigit() and _DNI_LETTERS[int(digits) % 23] == value[-1]


def it_fiscal(value: str) -> bool:
    """Codice fiscale: letters of the name, year, month, day (a woman's plus 40), place, check letter."""
    total = sum(_FISCAL_ODD[char] for char in value[:15:2]) + sum(
        int(char) if char.isdigit() else ord(char) - 65 for char in value[1:15:2]
    )
    day = value[9:11].translate(_FISCAL_DIGITS)
    born = value[8] in _FISCAL_MONTHS and day.isdigit() and int(day) % 40 in range(1, 32)
    return born and value[:6].isalpha() and chr(65 + total % 26) == value[15]


def nl_bsn(value: str) -> bool:
    """Burgerservicenummer: weights 9 to 2 and -1, modulo 11; eight digits are nine with a zero in front."""
    return int(value) > 0 and weighted(value.zfill(9), (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def pl_pesel(value: str) -> bool:
    """PESEL: a date of birth (the month tells the century) and a check digit."""
    born = _month_and_day(f"{int(value[2:4]) % 20:02d}", value[4:6])
    return born and complement_ends(value, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3), 10)


def pl_nip(value: str) -> bool:
    """NIP: weights 6 5 7 2 3 4 5 6 7, modulo 11; a remainder of ten is never issued."""
    return weighted(value, (6, 5, 7, 2, 3, 4, 5, 6, 7)) % 11 == int(value[9])


def pt_nif(value: str) -> bool:
    """NIF: weights 9 to 2, filled up to a multiple of 11."""
    return value[0] in "1235689" and complement_ends(value, range(9, 1, -1), 11)


def br_cpf(value: str) -> bool:
    """CPF: nine digits and two check digits modulo 11; all digits alike is nobody's."""
    if len(set(value)) == 1:
        return False
    return complement_ends(value, range(10, 1, -1), 11) and complement_ends(value, range(11, 1, -1), 11)


def br_cnpj(value: str) -> bool:
    """CNPJ: twelve digits and two check digits modulo 11."""
    weights = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
    return complement_ends(value, weights[1:], 11) and complement_ends(value, weights, 11)


def in_aadhaar(value: str) -> bool:
    """Aadhaar: twelve digits, the first of 2 to 9, Verhoeff's check digit."""
    return value[0] not in "01" and verhoeff(value)


def in_pan(value: str) -> bool:
    """PAN of a person: three letters, P, the surname's first letter, four digits, a letter."""
    return value[:5].isalpha() and value[3] == "P" and value[5:9].isdigit() and value[9].isalpha()


def cn_resident(value: str) -> bool:
    """Resident identity: place, date of birth, serial, and a check sign by ISO/IEC 7064 MOD 11-2."""
    born = _FIRST_YEAR <= int(value[6:10]) < _LAST_YEAR and _month_and_day(value[10:12], value[12:14])
    return born and value[0] != "0" and "10X98765432"[weighted(value, _RESIDENT_WEIGHTS) % 11] == value[17]


def tr_kimlik(value: str) -> bool:
    """T.C. kimlik numarasi: the tenth digit from odd and even places, the eleventh from the sum of ten."""
    digits = [int(digit) for digit in value]
    tenth = (7 * sum(digits[0:9:2]) - sum(digits[1:8:2])) % 10
    return digits[0] != 0 and digits[9] == tenth and digits[10] == sum(digits[:10]) % 10


def se_personnummer(value: str) -> bool:
    """Personnummer: a date of birth (a co-ordination number's day plus 60), three digits, Luhn's check digit."""
    short = value[-10:]
    return _month_and_day(short[2:4], f"{int(short[4:6]) % 60:02d}") and checks.luhn(short)


def fi_hetu(value: str) -> bool:
    """Henkilötunnus: a date of birth, a serial, and its remainder by 31 as a sign. Its century sign is left out."""
    digits = value[:6] + value[6:9]
    born = _month_and_day(value[2:4], value[:2])
    return born and digits.isdigit() and _PIN_LETTERS[int(digits) % 31] == value[9]


def no_fodselsnummer(value: str) -> bool:
    """Fødselsnummer: a date of birth and two check digits modulo 11."""
    born = _month_and_day(f"{int(value[2:4]) % 40:02d}", f"{int(value[:2]) % 40:02d}")
    first = (3, 7, 6, 1, 8, 9, 4, 5, 2)
    return born and complement_ends(value, first, 11) and complement_ends(value, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2), 11)


def cz_birth(value: str) -> bool:
    """Rodné číslo (Czech, Slovak): a date of birth (a woman's month plus 50); ten digits divide by eleven."""
    born = _month_and_day(f"{int(value[2:4]) % 50 % 20:02d}", value[4:6])
    return born and (len(value) == 9 or int(value) % 11 == 0 or int(value[:9]) % 11 == 10)  # noqa: PLR2004 - digits before and since 1954


def ch_ahv(value: str) -> bool:
    """AHV-Nummer: 756, nine digits, the check digit of an EAN."""
    return value.startswith("756") and complement_ends(value, (1, 3) * 6, 10)


def be_national(value: str) -> bool:
    """Rijksregisternummer: a date of birth, a serial, 97 minus both modulo 97 (with a 2 in front from 2000 on)."""
    check = int(value[9:])
    return any(97 - int(century + value[:9]) % 97 == check for century in ("", "2"))


def ru_snils(value: str) -> bool:
    """СНИЛС: nine digits by weights 9 to 1, modulo 101."""
    return weighted(value, range(9, 0, -1)) % 101 % 100 == int(value[9:])


def kr_resident(value: str) -> bool:
    """주민등록번호: a date of birth, a sign of sex and century, six digits (no check digit since 2020)."""
    return _month_and_day(value[2:4], value[4:6]) and value[6] in "12345678"


def ro_personal(value: str) -> bool:
    """CNP: sex, date of birth, county, serial, a check digit modulo 11 (ten is written 1)."""
    born = _month_and_day(value[3:5], value[5:7])
    return born and ends_in(value, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9), 11, ten=1)


def sg_nric(value: str) -> bool:
    """NRIC and FIN: a letter, seven digits, a check letter of the list that the first letter chooses."""
    total = weighted(value[1:8], (2, 7, 6, 5, 4, 3, 2)) + (4 if value[0] in "TG" else 0)
    letters = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "F": "XWUTRQPNMLK", "G": "XWUTRQPNMLK"}.get(value[0])
    return letters is not None and letters[total % 11] == value[8]


def ca_sin(value: str) -> bool:
    """Social Insurance Number of Canada: nine digits by Luhn."""
    return checks.luhn(value)


def mx_curp(value: str) -> bool:
    """CURP: four letters, date of birth, sex, state, three consonants, a homonym sign, a check digit."""
    alphabet = "0123456789ABCDEFGHIJKLMN?OPQRSTUVWXYZ"  # the Ñ that a CURP never holds has a place of its own
    total = sum(alphabet.index(char) * weight for char, weight in zip(value[:17], range(18, 1, -1), strict=True))
    return value[10] in "HMX" and _month_and_day(value[6:8], value[8:10]) and str(-total % 10) == value[17]
