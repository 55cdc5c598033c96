"""Addresses in Chinese and Japanese: region, district, road, and numbers with words of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from processors.pii.spans import CHECKED

if TYPE_CHECKING:
    from processors.pii.page import Page

_LETTER = r"[\u3040-\u30ff\u4e00-\u9fff]"
_STREET = re.compile(
    rf"(?:{_LETTER}{{1,8}}?(?:省|市|区|區|县|縣|自治区|都|府|道|町|村|镇|鎮|乡|街道|路|街|大道|大街|巷|里|弄|段|丁目|新村|小区|花园|内)"
    r"(?:[0-9]{1,4}(?:弄|段|丁目|番地?|-))?){1,8}[0-9]{1,5}(?:-[0-9]{1,4}){0,2}\Z"
)
_HOUSE = re.compile(
    r"[0-9]{0,5}(?:-[0-9]{1,4}){0,2}(?:(?:号楼|号院|号|號|楼|樓|栋|幢|座|单元|室|层|弄|番地?|丁目|之[0-9]{1,2})"
    rf"(?:(?:[A-Za-z]|{_LETTER}){{0,10}}?[0-9]{{0,5}}(?=号|室|楼|栋|座|层|单元|番))?){{0,6}}"
)
_REGION = re.compile(
    r"(?:北京|上海|天津|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|"
    r"台湾|臺灣|内蒙古|广西|西藏|宁夏|新疆|香港|澳门|广州|深圳|杭州|南京|成都|武汉|西安|苏州|東京都|大阪府|京都府|北海道)"
)
_LEADING = re.compile(r"(?:.*?(?:地址|住址|住所|住在|位于|寄到|送到|还是|是|在|到|至|为|寄|送))(?=.{4})")
_VIEW = 48


def judge_han(page: Page, start: int, end: int) -> int:
    """Note an address in Chinese or Japanese: region, district and road, then numbers with their words."""
    text = page.folded.text
    digits = start if text[start].isdigit() else start + 1
    while digits and text[digits - 1].isdigit():
        digits -= 1
    first = max(0, start - _VIEW)
    street = _STREET.search(text[first : digits + 1])
    house = _HOUSE.match(text, digits)
    if street is None or house is None or house.end() <= digits + 1:
        return end
    chain = street.group()
    region = _REGION.search(chain)
    cut = region.start() if region is not None else 0
    if region is None and (leading := _LEADING.match(chain)) is not None:
        cut = leading.end()
    page.found(first + street.start() + cut, house.end(), "ADDRESS", CHECKED)
    return max(end, house.end())
