"""The terms records are found by, and the scores that put them in order."""

from __future__ import annotations

from itertools import pairwise

import pytest

from graph.model import Contact, Customer, Good, NodeRef, Organization, Purchase, Record, Staff
from graph.model.fields import Money
from graph.model.record import EPOCH
from graph.model.words import CustomerKind
from graph.searching import fold, normalise, score, terms

WANG = Contact(key="w", name="王小明")


def found(query: str, record: Record) -> float:
    return score(normalise(query), terms(record))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Søren   MÜLLER-Lüdenscheidt ", "soren muller ludenscheidt"),
        ("王小明", "王 小 明"),
        ("IBM中国(有限)", "ibm 中 国 有 限"),
        ("ＡＢＣ１２", "abc12"),
        ("Łódź æon œuvre ıssık straße", "lodz aeon oeuvre issik strasse"),
        ("!?· 。", ""),
        ("𠮷野家", "𠮷 野 家"),
    ],
)
def test_text_is_folded_to_plain_words(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_a_chinese_name_is_found_by_characters_pinyin_and_initials() -> None:
    assert terms(WANG) == ("王 小 明", "wang xiao ming", "w x m")


@pytest.mark.parametrize(
    "query",
    [
        *("王", "小明", "明", "王小明", "wangxiaoming", "Wang-Xiaoming", "wang xiao ming"),
        *("xiaoming", "wxm", "xm", "WÁNG", "aomin"),
    ],
)
def test_each_way_to_write_a_name_finds_it(query: str) -> None:
    assert found(query, WANG) > 0


@pytest.mark.parametrize("query", ["", " . ", "李", "wangming", "明小", "wxmm"])
def test_what_is_not_in_a_name_does_not_find_it(query: str) -> None:
    assert found(query, WANG) == 0.0


def test_whole_beginning_word_and_part_score_in_that_order() -> None:
    assert found("王小明", WANG) == 1.0
    assert found("王", WANG) == 0.8167
    assert found("小明", WANG) == 0.6333
    assert found("aomin", WANG) == 0.3333


def test_the_more_of_a_term_is_covered_the_higher_the_score() -> None:
    scores = [found(q, WANG) for q in ("wangxiaoming", "wangxiao", "wang", "xiaoming", "xiao")]

    assert all(a > b for a, b in pairwise(scores))


@pytest.mark.parametrize(
    ("name", "pinyin"),
    [
        ("单雄信", "shanxiongxin"),
        ("曾志伟", "zengzhiwei"),
        ("仇英", "qiuying"),
        ("解缙", "xiejin"),
        ("查良镛", "zhaliangyong"),
        ("朴树", "piaoshu"),
        ("尉迟恭", "yuchigong"),
        ("区大伟", "oudawei"),
        ("翟天临", "zhaitianlin"),
        ("单于夫罗", "chanyufuluo"),
        ("万俟卨", "moqixie"),
        ("长孙无忌", "zhangsunwuji"),
        ("吕布", "lvbu"),
        ("吕布", "lubu"),
        ("盖小单", "gexiaodan"),
    ],
)
def test_surnames_are_read_as_surnames(name: str, pinyin: str) -> None:
    assert found(pinyin, Contact(key="k", name=name)) == 1.0
    assert found(pinyin, Staff(key="k", name=name)) == 1.0


def test_only_persons_always_begin_with_a_surname() -> None:
    firm, person = CustomerKind.ORGANIZATION, CustomerKind.PERSON

    assert found("danxiongxin", Contact(key="k", name="单雄信")) == 0.0
    assert found("cengji", Customer(key="k", name="曾记", kind=person)) == 0.0
    assert found("cengji", Customer(key="k", name="曾记", kind=firm)) == 1.0
    assert found("zengji", Organization(key="k", name="曾记")) == 1.0
    assert found("chongqing", Organization(key="k", name="重庆")) == 1.0


def test_names_of_both_scripts_are_read_together() -> None:
    firm = Organization(key="k", name="IBM中国 Labs")

    assert terms(firm) == ("ibm 中 国 labs", "ibm zhong guo labs", "i z g l")


def test_a_phone_is_found_by_any_four_digits_but_not_by_three() -> None:
    contact = Contact(key="k", name="A", phones=("+8613800138000",))

    assert found("+86 138-0013-8000", contact) == 1.0
    assert found("138 0013 8000", contact) == 0.6692
    assert found("0013", contact) > 0
    assert found("001", contact) == 0.0


@pytest.mark.parametrize(
    ("number", "term"),
    [
        ("+16502530000", "+1 6502530000"),
        ("+4930123456", "+49 30123456"),
        ("+85223456789", "+852 23456789"),
        ("+99912345", "+99912345"),
    ],
)
def test_a_phones_country_code_is_a_word(number: str, term: str) -> None:
    assert term in terms(Contact(key="k", name="A", phones=(number,)))


def test_mail_and_accounts_are_found_whole_and_by_word() -> None:
    mail = "xiaoming.wang@example.com"
    contact = Contact(key="k", name="A", emails=(mail,), wechat="wxid_Ab9", qq="12345")

    assert found(mail, contact) == 1.0
    assert found("wang@example", contact) == 0.6
    assert found("WXID_AB9", contact) == 1.0
    assert found("12345", contact) == 1.0
    assert found("123", contact) == 0.87


def test_records_without_words_have_no_terms() -> None:
    purchase = Purchase(key="k", customer_key="c", at=EPOCH, amount_minor=Money(1))

    assert terms(purchase) == ()
    assert terms(Good(key="k", name="...")) == ()
    assert purchase.ref == NodeRef("Purchase", "k")
