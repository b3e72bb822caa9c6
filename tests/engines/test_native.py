"""Object code is loaded on any processor, whatever LLVM made of it."""

from __future__ import annotations

import ctypes

import pytest

from interpreter.engines.machine_code import NUMBER, POINTER, Target, host

CALLING = """
declare ptr @memcpy(ptr, ptr, i64)
declare double @llvm.floor.f64(double)

define double @rounded(ptr %to, ptr %from, i64 %size) {
  call ptr @memcpy(ptr %to, ptr %from, i64 %size)
  %number = load double, ptr %to
  %floor = call double @llvm.floor.f64(double %number)
  %sum = fadd double %floor, 0.25
  ret double %sum
}
"""


@pytest.mark.parametrize("target", [host(), Target("", "")], ids=["this", "plain"])
def test_code_that_calls_what_is_elsewhere(target: Target) -> None:
    """The plain processor rounds by a call, too. Without room for the addresses, LLVM aborts the process."""
    code, number = target.loaded(target.compile(CALLING)), ctypes.c_double
    rounded = code.function("rounded", number, POINTER, POINTER, NUMBER)
    assert rounded(ctypes.byref(number()), ctypes.byref(number(-2.5)), 8) == -2.75
