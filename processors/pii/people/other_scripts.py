"""People in scripts without capitals: Chinese, Japanese, Korean and Arabic names, by family name and by what is said.

A Chinese name is a family name and one or two characters; what tells it from any other two characters is what stands
around: "I am called", a title behind it, a label in front. Family names are the usual ones of each country, as name
statistics list them; written for this project.
"""

# ruff: noqa: RUF001 - the letters of other scripts are the point

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from processors.pii.spans import SHAPED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from processors.pii.page import Page


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CHINESE = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康"
    "毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文張劉陳楊趙黃吳孫馬羅鄭謝韓馮許蘇盧蔣賈葉閻鍾譚鄒陸龔"
)
_CHINESE_DOUBLE = "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|歐陽|諸葛"
_HAN = "\u4e00-\u9fff"
_CHINESE_TITLES = "先生|女士|小姐|经理|老师|主任|医生|律师|工程师|主管|教授|同学|師傅|师傅"
_CHINESE_NAME = rf"(?:(?:{_CHINESE_DOUBLE})[{_HAN}]{{1,2}}|[{_CHINESE}](?!{_CHINESE_TITLES})[{_HAN}]{{1,2}})"
# What follows a name and is none of it: the greedy second character would take it in.
_NOT_IN_NAME = (
    "先女小经总老同您你我他她的是在有和与说，。、：:（(！!？?；;号已要想将请今把被让给对为了到从来去"
    "打也都还就很最更不没会能可这那之及或给跟向于用以其各"
)
_CHINESE_CUE = re.compile(
    rf"(?:我叫|我是|名叫|叫做|本人|同事|找|联系|致电|转告|通知|您好|你好|尊敬的|亲爱的|名字(?:是|叫)|"
    rf"(?:姓名|联系人|收件人|收货人|客户|经办人|负责人|户名|持卡人|申请人|签名|聯絡人)(?:是|为)?[：:]?)[ \t]?"
    rf"({_CHINESE_NAME})(?=[^{_HAN}]|[{_NOT_IN_NAME}]|\Z)"
)
_CHINESE_TITLE = re.compile(rf"([{_CHINESE}](?:[{_HAN}]{{1,2}})??)(?={_CHINESE_TITLES}|总(?=[^{_HAN}]|\Z))")
_KANA = "\u3041-\u30ff"
_JAPANESE_NAME = rf"[{_HAN}]{{2,4}}[ 　]?[{_HAN}]{{0,3}}|[\u30a1-\u30ff]{{2,8}}"
_JAPANESE = re.compile(
    rf"(?<![{_HAN}\u30a1-\u30ff])({_JAPANESE_NAME})(?=(?:様|さま|さん|氏|と申します|ともうします|といいます))"
    rf"|(?:氏名|名前|担当者?|お名前)[：: ]{{1,2}}({_JAPANESE_NAME})"
)
_NO_JAPANESE_NAME = _words("""
    お客 皆 客 担当者 各位 関係者 担当 貴社 御社 弊社 奥 お母 お父 神 王 仏 患者 利用者 会員
""")
_KOREAN = (
    "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민진나지엄채원천방공현"
    "함변염여추도소석선설마길연위표명기반라왕금옥육인맹제모탁국어은편용예경봉사부"
)
_KOREAN_NAME = re.compile(
    rf"(?<![가-힣])([{_KOREAN}][가-힣]{{2}})(?= ?"
    rf"(?:님|씨|고객|과장|대리|부장|팀장|사장|이사|선생|입니다|이라고|라고|이고|에게|께서))"
    rf"|(?:이름|성명|담당자|고객명|예금주|수령인)(?:은|는)?[：: ]{{1,2}}([{_KOREAN}][가-힣]{{1,2}})"
)
_ARABIC_WORD = "[\u0621-\u064a]{2,12}"
_ARABIC = re.compile(
    rf"(?<![\u0621-\u064a])(?:(?:أنا|انا|اسمي|إسمي|الأستاذ|الأستاذة|السيد|السيدة|الدكتور|الدكتورة|المهندس|المهندسة|الآنسة|الاسم|العميل|العميلة|"
    rf"الموظف|الموظفة|عزيزي|عزيزتي|مرحبا|أهلا|اهلا|مع|المدعو)[ :]{{1,2}}){{1,2}}+"
    rf"((?:عبد |أبو |ابو |بن |بنت |آل |أم )?{_ARABIC_WORD}(?: (?:(?:بن|بنت|عبد|آل|أبو) )?{_ARABIC_WORD})?)"
)
_ARABIC_WORDS = _words("""
    من في على إلى الى عن مع هذا هذه ذلك التي الذي لم لا ما هو هي نحن انت أنت كان كانت قد
    لقد يوم رقم شركة الشركة طلب الطلب عميل لدي عندي أريد اريد أود بحاجة سعيد جدا غير راض
    الدعم فريق الفريق خدمة العملاء بك بكم وسهلا بعد قبل منذ حتى أيضا كل بعض أتصل اتصل
    أواجه أحتاج احتاج أبحث موظف مدير المدير قسم القسم السادة والسادة متأكد مهتم مستخدم
    المستخدم زبون الزبون
""")


def find_in_other_scripts(page: Page) -> None:
    """Note the people that are named in Chinese, Japanese, Korean or Arabic. Next to free for other texts."""
    text = page.folded.text
    if text.isascii():
        return
    for start, end in _finds(text):
        page.found(start, end, "PERSON", SHAPED)


def _finds(text: str) -> Iterator[tuple[int, int]]:
    if _HAS_HAN.search(text):
        japanese = _HAS_KANA.search(text) is not None
        for pattern in (_JAPANESE,) if japanese else (_CHINESE_CUE, _CHINESE_TITLE):
            for match in pattern.finditer(text):
                group = match.lastindex or 1
                if match[group] not in _NO_JAPANESE_NAME:
                    yield match.span(group)
    elif _HAS_KANA.search(text):
        yield from (match.span(match.lastindex or 1) for match in _JAPANESE.finditer(text))
    if _HAS_HANGUL.search(text):
        yield from (match.span(match.lastindex or 1) for match in _KOREAN_NAME.finditer(text))
    if _HAS_ARABIC.search(text):
        yield from _arabic(text)


_HAS_HAN = re.compile(f"[{_HAN}]")
_HAS_KANA = re.compile(f"[{_KANA}]")
_HAS_HANGUL = re.compile("[가-힣]")
_HAS_ARABIC = re.compile("[\u0621-\u064a]")


def _arabic(text: str) -> Iterator[tuple[int, int]]:
    """Give the one or two words behind what introduces somebody; a word that begins a phrase is no name."""
    for match in _ARABIC.finditer(text):
        words = match[1].split(" ")
        while words and words[-1] in _ARABIC_WORDS:
            words.pop()
        if words and words[0] not in _ARABIC_WORDS:
            yield match.start(1), match.start(1) + len(" ".join(words))
