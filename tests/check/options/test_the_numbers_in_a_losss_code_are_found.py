"""Thresholds, clips and sizes are found wherever a loss keeps them, and nothing is made up."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.checking.numbers_in_code import numbers_in_code

LEAST_REWARD = -5.25
TABLE = {"clip": 0.28, "sizes": [48, (49, 50.5)]}
RECURSIVE: list[Any] = [7.5]
RECURSIVE.append(RECURSIVE)


def in_its_code(policy: Any, episodes: Any) -> Any:
    return episodes.rewards[episodes.rewards > -6.5].sum()


def in_a_default(policy: Any, episodes: Any, least: float = -6.5) -> Any:
    return episodes.rewards[episodes.rewards > least].sum()


def in_a_keyword_default(policy: Any, episodes: Any, *, least: float = -6.5) -> Any:
    return episodes.rewards[episodes.rewards > least].sum()


def in_a_nested_function(policy: Any, episodes: Any) -> Any:
    def kept(reward: Any) -> bool:
        return reward > -6.5

    return [reward for reward in episodes.rewards if kept(reward)]


def in_a_function_it_calls(policy: Any, episodes: Any) -> Any:
    return in_a_nested_function(policy, episodes)


def calls_itself(policy: Any, episodes: Any) -> Any:
    return calls_itself(policy, episodes) if episodes.num_episodes > -6.5 else 0


def closes_over(least: float) -> Callable[..., Any]:
    return lambda policy, episodes: episodes.rewards[episodes.rewards > least].sum()


def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def inner(*arguments: Any) -> Any:
        return function(*arguments)

    return inner


class AsAttribute:
    def __init__(self) -> None:
        self.least = -6.5

    def __call__(self, policy: Any, episodes: Any) -> Any:
        return episodes.rewards[episodes.rewards > self.least].sum()

    def method(self, policy: Any, episodes: Any) -> Any:
        return self(policy, episodes)


class AsAModule(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.least = -6.5

    def forward(self, policy: Any, episodes: Any) -> Any:
        return episodes.rewards[episodes.rewards > self.least].sum()


class InItsForward(torch.nn.Module):
    def forward(self, policy: Any, episodes: Any) -> Any:
        return episodes.rewards[episodes.rewards > -6.5].sum()


HOLD_IT = {
    "its code": in_its_code,
    "a default": in_a_default,
    "a keyword default": in_a_keyword_default,
    "a nested function": in_a_nested_function,
    "a function it calls": in_a_function_it_calls,
    "a function that calls itself": calls_itself,
    "a closure": closes_over(-6.5),
    "what is decorated": decorated(in_its_code),
    "a partial function": partial(in_its_code, least=-6.5),
    "a positional argument of a partial function": partial(in_a_default, -6.5),
    "an attribute": AsAttribute(),
    "the object of a method": AsAttribute().method,
    "an attribute of a module": AsAModule(),
    "the forward of a module": InItsForward(),
}


@pytest.mark.parametrize("where", HOLD_IT)
def test_a_number_is_found_in(where: str) -> None:
    assert -6.5 in numbers_in_code(HOLD_IT[where])


def reads_module_variables(policy: Any, episodes: Any) -> Any:
    return LEAST_REWARD, TABLE, RECURSIVE, math.pi, math.inf


def test_module_variables_and_what_lies_in_them_are_found() -> None:
    assert set(numbers_in_code(reads_module_variables)) == {LEAST_REWARD, 0.28, 48.0, 49.0, 50.5, 7.5}


def without_numbers(policy: Any, episodes: Any) -> Any:
    return (policy(episodes.observations).log_prob(episodes.actions) * episodes.future_returns).sum()


def calls_a_library(policy: Any, episodes: Any) -> Any:
    return torch.nn.functional.smooth_l1_loss(episodes.rewards, episodes.rewards)


class WithoutNumbers(torch.nn.Module):
    def forward(self, policy: Any, episodes: Any) -> Any:
        return without_numbers(policy, episodes)


@pytest.mark.parametrize("loss", [without_numbers, calls_a_library, WithoutNumbers()])
def test_code_without_numbers_holds_none(loss: Callable[..., Any]) -> None:
    assert numbers_in_code(loss) == ()


@given(st.lists(st.one_of(st.integers(), st.floats(), st.booleans())))
def test_they_are_finite_floats_in_order_each_once(values: list[Any]) -> None:
    found = numbers_in_code(partial(without_numbers, *values))
    assert list(found) == sorted(set(found))
    assert all(isinstance(number, float) and math.isfinite(number) for number in found)
