"""Python's tokens, with indentation, the inside of f-strings, and `match` and `case` where they are keywords.

Lark's own lexers cannot say where a f-string ends, since strings with the same quotes may stand in its braces; so this
is a lexer of our own, which hands the tokens to Lark's parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lark import Token
from lark.common import LexerConf
from lark.lexer import Lexer, PatternStr

from compiler.language.advice import character_advice, number_advice, token_span
from compiler.language.refusals import Advice, Refusal
from compiler.language.syntax import Span

_TOKEN = re.compile(
    r"""
    (?P<space> (?: [ \t\f] | \\\n )++ | \#[^\n]*+ )
  | (?P<NEWLINE> \n )
  | (?P<NAME> [A-Za-z_\x80-\U0010FFFF][\w\x80-\U0010FFFF]*+ (?!["']) )
  | (?P<STRING> (?: [uU] | [bB][rR]? | [rR][bB]? )?+
        (?: \"{3} (?: [^"\\] | \\. | "(?!"") )*+ \"{3} | " (?!"") (?: [^"\\\n] | \\. )*+ "
          | '{3} (?: [^'\\] | \\. | '(?!'') )*+ '{3} | ' (?!'') (?: [^'\\\n] | \\. )*+ ' ) )
  | (?P<FSTRING_START> (?: [fF][rR]? | [rR][fF] ) (?: \"{3} | " | '{3} | ' ) )
  | (?P<NUMBER> (?> 0[xX] (?:_?[0-9a-fA-F])+ | 0[oO] (?:_?[0-7])+ | 0[bB] (?:_?[01])+
        | (?: [0-9](?:_?[0-9])*+ (?: \. (?:[0-9](?:_?[0-9])*+)? )? | \. [0-9](?:_?[0-9])*+ )
          (?: [eE][-+]?[0-9](?:_?[0-9])*+ )? [jJ]? ) (?= (?: and | else | for | i[fns] | not | or )\b | \W | \Z ) )
  | (?P<AUGMENTED> (?: [-+*/%&|^@] | // | \*\* | << | >> ) = )
  | (?P<operator> \.\.\. | -> | := | \*\* | // | << | >> | [<>=!]= | [-+*/%&|^@~<>=.,:;()\[\]{}] )
    """,
    re.VERBOSE | re.DOTALL,
)
_INDENTATION = re.compile(r"[ \t\f]*")
_CONVERSION = re.compile(r"![ \t]*\w*")
_DEBUG = re.compile(r"=[ \t\n]*(?=[!:}])")
_PLAIN_TEXT = r"(?: [^{}\\%s] | \\N\{[^}]*\} | \\[^{}] | \\(?=[{}]) | \{\{ | \}\} %s )++"
_RAW_TEXT = r"(?: [^{}\\%s] | \\[^{}] | \\(?=[{}]) | \{\{ | \}\} %s )++"
_SPECIFICATION = r"(?: [^{}%s] %s )++"
_WORD = re.compile(r"\w+")
_PREFIXES = ("b", "r", "u", "f", "br", "rb", "fr", "rf")
_PAIRS = {"(": ")", "[": "]", "{": "}"}
_TAB = 8


def _texts(pattern: str) -> dict[str, re.Pattern[str]]:
    """For each quote what text may stand between it and the next brace, or the quote that ends the string."""
    one = {quote: (quote + r"\n", "") for quote in "\"'"}
    three = {quote * 3: (quote, f"| {quote}(?!{quote * 2})") for quote in "\"'"}
    return {quote: re.compile(pattern % parts, re.VERBOSE | re.DOTALL) for quote, parts in (one | three).items()}


_TEXTS = {"plain": _texts(_PLAIN_TEXT), "raw": _texts(_RAW_TEXT), "specification": _texts(_SPECIFICATION)}


class PythonLexer(Lexer):
    """The `lexer` of the parser. The types of keywords and operators are those that the grammar gives them."""

    def __init__(self, conf: LexerConf) -> None:
        self._types = {t.pattern.value: t.name for t in conf.terminals if isinstance(t.pattern, PatternStr)}

    def lex(self, text: str) -> Iterator[Token]:  # type: ignore[override]
        """The tokens of a program. Raises Refusal."""
        return _with_soft_keywords(_Scanner(text, self._types).program())


class _Scanner:
    """Goes through the text once; `position` is where the next token begins, `opened` the brackets around it."""

    def __init__(self, text: str, types: dict[str, str]) -> None:
        self.text = text
        self.types = types
        self.position = 0
        self.line = 1
        self.line_start = 0
        self.opened: list[Token] = []

    # ---------------------------------------------------------------------------------------------- places

    def token(self, type: str, end: int, value: str | None = None) -> Token:
        """The token from `position` to `end`, which becomes the next position."""
        text = self.text[self.position : end]
        line, column = self.line, self.position - self.line_start + 1
        if "\n" in text:
            self.line += text.count("\n")
            self.line_start = self.position + text.rindex("\n") + 1
        start, self.position = self.position, end
        shown = text if value is None else value
        return Token(type, shown, start, line, column, self.line, end - self.line_start + 1, end)

    def refusal(self, message: str, hint: str, length: int = 1) -> Refusal:
        """An error at the next position."""
        column = self.position - self.line_start + 1
        return Refusal(message, hint, Span(self.line, column, self.line, column + length))

    # --------------------------------------------------------------------------------------------- program

    def program(self) -> Iterator[Token]:
        """The tokens with indentation; a line of the program ends in NEWLINE if anything is in it."""
        levels = [(0, 0)]  # the width of each open indentation, and that if a tab were one column wide
        while self.position < len(self.text):
            blank = _INDENTATION.match(self.text, self.position)
            assert blank is not None
            if self.text[blank.end() : blank.end() + 1] not in ("\n", "#", ""):
                yield from self._indentation(blank[0].rpartition("\f")[2], levels)
            yield from self._line()
        for _ in levels[1:]:
            yield self.token("DEDENT", self.position)

    def _indentation(self, blank: str, levels: list[tuple[int, int]]) -> Iterator[Token]:
        width = len(blank.expandtabs(_TAB)), len(blank)
        last = levels[-1]
        if (width[0] > last[0]) != (width[1] > last[1]):
            raise self.refusal("tabs and spaces are mixed in the indentation", "indent with spaces only", len(blank))
        if width > last:
            levels.append(width)
            yield self.token("INDENT", self.position)
        while width[0] < levels[-1][0]:
            levels.pop()
            yield self.token("DEDENT", self.position)
        if width[0] != levels[-1][0]:
            raise self.refusal(
                "this line is indented like no line before it", "indent it like the block it belongs to", len(blank)
            )
        if width[1] != levels[-1][1]:
            raise self.refusal("tabs and spaces are mixed in the indentation", "indent with spaces only", len(blank))

    def _line(self) -> Iterator[Token]:
        """The tokens of a line of the program, which goes on over line ends in brackets."""
        anything = False
        while self.position < len(self.text):
            found = self._match()
            kind = found.lastgroup
            if kind == "NEWLINE" and not self.opened:
                end = self.token("NEWLINE", found.end(), "")
                if anything:
                    yield end
                return
            if kind == "space" or kind == "NEWLINE":
                self.token("", found.end())
            elif kind == "FSTRING_START":
                anything = True
                yield from self._string(found)
            else:
                anything = True
                yield self._ordinary(found)
        if self.opened:
            opener = self.opened[-1]
            raise Refusal(f"this `{opener}` is never closed", "close it", token_span(opener))
        if anything:
            yield self.token("NEWLINE", self.position)

    def _match(self) -> re.Match[str]:
        found = _TOKEN.match(self.text, self.position)
        if found is None:
            raise self._unknown()
        return found

    def _ordinary(self, found: re.Match[str]) -> Token:
        kind = found.lastgroup or ""
        if kind == "NAME" and not found[0].isidentifier():
            self.position += next(i for i in range(len(found[0])) if not found[0][: i + 1].isidentifier())
            raise self._unknown()
        if kind in ("operator", "NAME"):
            kind = self.types.get(found[0], kind)
        token = self.token(kind, found.end())
        if kind == "operator":
            raise Refusal(f"`{token}` is not an operator", "", token_span(token))
        if token in _PAIRS and len(token) == 1:
            self.opened.append(token)
        elif token in (")", "]", "}"):
            if not self.opened:
                raise Refusal(f"this `{token}` closes nothing", "remove it", token_span(token))
            opener = self.opened.pop()
            if _PAIRS[opener] != token:
                raise Refusal(f"`{token}` does not close `{opener}`", "close the inner one first", token_span(token))
        return token

    # ------------------------------------------------------------------------------------------- f-strings

    def _string(self, start: re.Match[str]) -> Iterator[Token]:
        """The tokens of an f-string, which begins at `start`."""
        opening = self.token("FSTRING_START", start.end())
        yield opening
        quote = opening.lstrip("fFrR")
        yield from self._text(quote, "raw" if "r" in opening.lower() else "plain", opening)
        if not self.text.startswith(quote, self.position):
            raise Refusal("a single `}` in an f-string", "write `}}` for a brace", self.refusal("", "").span)
        yield self.token("FSTRING_END", self.position + len(quote))

    def _text(self, quote: str, kind: str, opening: Token) -> Iterator[Token]:
        """Text and fields up to the quote, or to a brace that closes what is around."""
        while True:
            found = _TEXTS[kind][quote].match(self.text, self.position)
            if found is not None:
                yield self.token("RAW_TEXT" if "r" in opening.lower() else "TEXT", found.end())
            if self.text.startswith("{", self.position):
                yield from self._field(quote, opening)
            elif self.text.startswith((quote, "}"), self.position):
                return
            else:
                raise Refusal("this string is never closed", f"close it with {quote}", token_span(opening))

    def _field(self, quote: str, opening: Token) -> Iterator[Token]:
        """`{value!r:specification}`, at its opening brace."""
        brace = self.token("FIELD_START", self.position + 1)
        yield brace
        around, self.opened = self.opened, []
        begin = self.position
        while True:
            if self.position >= len(self.text):
                break
            if self.text.startswith(quote, self.position) and not _TOKEN.match(self.text, self.position):
                break  # the string ends, and the field did not
            if not self.opened:
                character = self.text[self.position]
                debug = _DEBUG.match(self.text, self.position)
                if character == "!" and self.text[self.position + 1 : self.position + 2] != "=":
                    conversion = _CONVERSION.match(self.text, self.position)
                    assert conversion is not None
                    yield self.token("CONVERSION", conversion.end())
                    continue
                if debug is not None:
                    yield self.token("DEBUG", debug.end(), self.text[begin : debug.end()])
                    continue
                if character == "}":
                    if not self.text[begin : self.position].strip():
                        raise self.refusal("empty braces in an f-string", "put a value between the braces")
                    self.opened = around
                    yield self.token("FIELD_END", self.position + 1)
                    return
                if character == ":":
                    yield self.token("FORMAT_START", self.position + 1)
                    yield from self._text(quote, "specification", opening)
                    if not self.text.startswith("}", self.position):
                        break
                    continue
            word = _WORD.match(self.text, self.position)
            if word is not None and self.text.startswith(quote, word.end()) and word[0].lower() not in _PREFIXES:
                break
            found = self._match()
            if found.lastgroup in ("space", "NEWLINE"):
                self.token("", found.end())
            elif found.lastgroup == "FSTRING_START":
                yield from self._string(found)
            else:
                yield self._ordinary(found)
        raise Refusal("a `{` without its `}` in an f-string", "close it, or write `{{` for a brace", token_span(brace))

    # ---------------------------------------------------------------------------------------------- errors

    def _unknown(self) -> Refusal:
        """What is wrong with the text at the position, where no token begins."""
        character = self.text[self.position]
        word = re.compile(r"[\w.]+").match(self.text, self.position)
        prefix = re.compile(r"\w*(?=[\"'])").match(self.text, self.position)
        if character in "\"'":
            return self._advised(character_advice(character))
        if prefix is not None and prefix[0].lower() in _PREFIXES:
            return self.refusal("this string is never closed", "close it on the same line")
        if prefix is not None:
            return self.refusal(
                f"`{prefix[0]}` is not a prefix of a string", "prefixes are `f`, `r` and `rf`", len(prefix[0])
            )
        if word is not None and character in "0123456789.":
            return self._advised(number_advice(word[0]), len(word[0]))
        return self._advised(character_advice(character))

    def _advised(self, advice: Advice, length: int = 1) -> Refusal:
        return self.refusal(advice.message, advice.hint, length)


def _with_soft_keywords(tokens: Iterator[Token]) -> Iterator[Token]:
    """`match` and `case` as keywords where statements are, and the parenthesis of `with (…):` marked."""
    blocks = [False]  # for each open indentation whether it is that of a `match`
    line: list[Token] = []
    opens_match = False
    for token in tokens:
        if token.type == "INDENT":
            blocks.append(opens_match)
        elif token.type == "DEDENT":
            blocks.pop()
        else:
            line.append(token)
            if token.type == "NEWLINE":
                opens_match = _mark(line, blocks[-1])
                yield from line
                line = []
            continue
        yield token


def _mark(line: list[Token], cases: bool) -> bool:
    """Changes the types of tokens of a line where they are keywords; whether the line begins a `match`."""
    first = line[0]
    if first.type == "NAME":
        if first == "match" and len(line) > 3 and line[-2] == ":":
            first.type = "MATCH"
            return True
        if first == "case" and cases:
            first.type = "CASE"
    elif first.type in ("WITH", "ASYNC"):
        place = 1 if first.type == "WITH" else 2
        if len(line) > place and line[place - 1].type == "WITH" and line[place] == "(":
            end = _closing(line, place)
            if end + 1 < len(line) and line[end + 1] == ":":
                line[place].type = "WITH_LPAR"
    return False


def _closing(line: list[Token], place: int) -> int:
    """The index of the bracket that closes the one at `place`."""
    depth = 0
    for i in range(place, len(line)):
        if line[i].type in ("LPAR", "LSQB", "LBRACE", "FIELD_START"):
            depth += 1
        elif line[i].type in ("RPAR", "RSQB", "RBRACE", "FIELD_END"):
            depth -= 1
            if depth == 0:
                return i
    return len(line)
