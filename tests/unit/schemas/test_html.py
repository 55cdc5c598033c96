"""HTML of mail and help desks, read as a person would see it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.text.html import plain_text, without_markup
from tests.support.cpu_time import cpu_seconds
from tests.unit.schemas.builders import any_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Still offline, call me</p>", "Still offline, call me"),
        ("Please fix &amp; resend", "Please fix & resend"),
        ("&lt;b&gt; &copy; &#8364;&#x20AC; 5&nbsp;km", "<b> © €€ 5 km"),
        ("one<br>two<br/>three<BR >four", "one\ntwo\nthree\nfour"),
        ("<div>one</div><div>two</div><br><div>three</div>tail", "one\ntwo\n\nthree\ntail"),
        ("<p>one</p>\n\n<p>two</p>", "one\n\ntwo"),
        ("<ul><li>one</li><li>two</li></ul>after", "- one\n- two\n\nafter"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<b>bo</b>ld  and\n\twide", "bold and wide"),
        ("<pre>line 1\nline 2</pre>", "line 1\nline 2"),
        ("a<script>if (a<b) alert('</p>')</script>b<STYLE>p {}</STYLE>c", "abc"),
        ("a<!-- <p>not seen</p> -->b<!DOCTYPE html><?xml version='1.0'?>c", "abc"),
        ("<a href='x>y' title=\"it's\">link</a>", "link"),
        ("<o:p>Word</o:p>", "Word"),
        ("", ""),
    ],
)
def test_markup_becomes_what_a_person_would_see(markup: str, text: str) -> None:
    assert plain_text(markup) == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("5 < 6 and 7>3", "5 < 6 and 7>3"),
        ("Ann <ann@example.com> wrote", "Ann <ann@example.com> wrote"),
        ("see <https://example.com/a>", "see <https://example.com/a>"),
        ("before <a href='x", "before <a href='x"),
        ("<a title='open>the words", "the words"),
        ("<script>the words", "the words"),
        ("<!-- the words", "<!-- the words"),
        ("&unknown; &#xFFFFFFFFFF; &#" + "9" * 5000 + ";", "&unknown; \ufffd \ufffd"),
    ],
)
def test_what_is_no_tag_or_does_not_end_loses_no_words(markup: str, text: str) -> None:
    assert plain_text(markup) == text


def test_a_text_that_looks_like_no_html_stays_as_it_is() -> None:
    assert without_markup("line 1\n  line 2 <ann@example.com> if a<b & c>d") == (
        "line 1\n  line 2 <ann@example.com> if a<b & c>d"
    )
    assert without_markup("fix &amp; resend<br>soon") == "fix & resend\nsoon"


@given(st.text(alphabet="<>/!-='\"&#;x9 \nabprdivscript") | any_text)
def test_any_text_is_read_and_nothing_visible_is_made_up(markup: str) -> None:
    assert len(plain_text(markup)) <= len(markup) + 2 * markup.lower().count("<li") + 2 * markup.count("<")


@pytest.mark.parametrize(
    "unit",
    ["<", "<a", "<a b=", '<a "', "<a a='", '<a a="', "<a a='>", "<a = ", "<!--", "<!", "<?", "</", "</a", "&", "&#9",
     "<script>", "<script", "<script></scrip", "<a/", "<a \n", " ", "<b> </b>", "<pre> ", "<li>", "<div>", "<!-->--!",
     "<b b=", "<b  "],
)  # fmt: skip
def test_hostile_markup_takes_time_linear_in_its_length(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    assert cpu_seconds(lambda: without_markup(text) and plain_text(text)) < 1
