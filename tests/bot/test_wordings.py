"""Wordings: one for each question in each language, named by what stands in it."""

from __future__ import annotations

from bot.wordings import Wordings
from tests.support.chat import shipped_content


def test_every_question_has_a_wording_in_every_language_with_every_option() -> None:
    loaded = shipped_content()
    wordings = Wordings(loaded.content, loaded.catalogues)
    listed = {(wording.language, wording.step): wording for wording in wordings}
    steps = [step for flow in (*loaded.content.fields, loaded.content.profile) for step in flow.steps]
    assert len(listed) == len(steps) * len(loaded.catalogues.offered)
    for language in loaded.catalogues.offered:
        for step in steps:
            wording = listed[language.code, step.id]
            assert wordings.hash_of(language.code, step.id) == wording.hash
            lines = wording.text.splitlines()
            for option in step.all_options:
                assert any(line.startswith(f"{option.code} = ") for line in lines), (step.id, option.code)
    print(f"{len(steps)} questions in {len(loaded.catalogues.offered)} languages: {len(listed)} wordings")


def test_a_hash_names_exactly_one_wording_and_is_the_same_the_next_time() -> None:
    loaded = shipped_content()
    first, second = (Wordings(loaded.content, loaded.catalogues) for _ in range(2))
    hashes = [wording.hash for wording in first]
    assert len(set(hashes)) == len(hashes)
    assert hashes == [wording.hash for wording in second]


def test_the_gaps_stay_open_so_that_a_forum_that_moves_makes_no_new_question() -> None:
    loaded = shipped_content()
    forum = [
        wording for wording in Wordings(loaded.content, loaded.catalogues) if wording.step.endswith("_forum")
    ]
    assert len(forum) == 5 * len(loaded.catalogues.offered)
    for wording in forum:
        assert "{forum_when}" in wording.text
