"""Whether a Go template looks whole: it parses, its functions exist, and what it makes can be JSON.

step-ca looks at a template when the first certificate is asked for, and then it is too late. This
reads the language of Go's `text/template` (actions, pipelines, `if`, `range`, `with`, `define`) as its
documentation describes it, with the functions that step-ca gives its templates: those of the language,
those of sprig v3 without `env` and `expandenv`, and a few of its own (go.step.sm/crypto:
internal/templates/funcmap.go). Nothing is executed; a template that is found whole may still fail on
the data of a request.
"""

from __future__ import annotations

from shell.model.gotokens import (
    FUNCTIONS,
    KEYWORDS,
    PLAIN_FUNCTIONS,
    Broken,
    Token,
    action_tokens,
    comment_end,
)
from shell.model.skeleton import HOLE, Call, Choice, Node, result_flaw

_DEEPEST = 100


def template_flaw(text: str, *, json: bool = False) -> str:
    """Return what looks wrong with a template of step-ca, or the empty text.

    With `json` it is to make a JSON object, as certificate templates do.
    """
    try:
        parser = _Parser(text, FUNCTIONS)
        nodes = parser.parse()
    except Broken as broken:
        return str(broken)
    return result_flaw(nodes, parser.defined) if json else ""


def parse_flaw(text: str, *, with_functions: bool) -> str:
    """Return why a template does not parse; without functions only those of the language exist."""
    try:
        _Parser(text, FUNCTIONS if with_functions else PLAIN_FUNCTIONS).parse()
    except Broken as broken:
        return str(broken)
    return ""


class _Parser:
    """One pass over a template: texts and actions, as nodes."""

    def __init__(self, text: str, functions: frozenset[str]) -> None:
        self.text = text
        self.functions = functions
        self.position = 0
        self.variables = ["$"]
        self.ranges = 0
        self.depth = 0
        self.defined: dict[str, list[Node]] = {}
        self.called: list[str] = []

    def parse(self) -> list[Node]:
        nodes, ending = self._nodes(outermost=True)
        if ending:
            raise Broken(f"there is an {ending[0]} without its if, range or with")
        for name in self.called:
            if name not in self.defined:
                raise Broken(f'the template "{name}" is not defined')
        return nodes

    # texts and actions

    def _nodes(self, *, outermost: bool = False) -> tuple[list[Node], list[str]]:
        """Return what comes up to an `end` or `else`, and the words of that; none at the end of the text."""
        nodes: list[Node] = []
        while True:
            start = self.text.find("{{", self.position)
            if start < 0:
                if not outermost:
                    raise Broken("an if, range, with, block or define has no end")
                nodes.append(self.text[self.position :])
                return nodes, []
            nodes.append(self.text[self.position : start])
            self.position = start + 2
            behind = comment_end(self.text, self.position)
            if behind >= 0:
                self.position = behind
                continue
            ending = self._action(nodes, outermost)
            if ending:
                return nodes, ending

    def _action(self, nodes: list[Node], outermost: bool) -> list[str]:
        """Take in one action; the words of an `end` or `else` that it turns out to be."""
        tokens, self.position = action_tokens(self.text, self.position)
        action = _Action(self, tokens)
        word = action.keyword()
        if word in ("end", "else"):
            return self._ending(action, word)
        if word in ("if", "with", "range"):
            nodes.append(self._control(action, word))
        elif word in ("define", "block"):
            self._definition(action, word, nodes, outermost)
        elif word == "template":
            name = action.quoted()
            action.pipeline(optional=True)
            self.called.append(name)
            nodes.append(Call(name))
        elif word in ("break", "continue"):
            if not self.ranges:
                raise Broken(f"there is a {word} outside a range")
            action.end()
        elif action.pipeline():
            nodes.append(HOLE)
        return []

    def _ending(self, action: _Action, word: str) -> list[str]:
        after = action.keyword() if word == "else" else ""
        if after not in ("", "if", "with"):
            raise Broken(f"there is an else {after}")
        self._chained = action
        if not after:
            action.end()
        return [word, after]

    def _control(self, action: _Action, word: str) -> Choice:
        self._deeper()
        known = len(self.variables)
        action.pipeline(in_range=word == "range")
        self.ranges += word == "range"
        body, ending = self._nodes()
        self.ranges -= word == "range"
        other: list[Node] = []
        if ending[0] == "else":
            if ending[1] and ending[1] == word:
                other = [self._control(self._chained, word)]
            elif ending[1]:
                raise Broken(f"there is an else {ending[1]} in a {word}")
            else:
                other, ending = self._nodes()
                if ending[0] != "end":
                    raise Broken("there are two else in one " + word)
        del self.variables[known:]
        self.depth -= 1
        return Choice((body, other))

    def _definition(self, action: _Action, word: str, nodes: list[Node], outermost: bool) -> None:
        if word == "define" and not outermost:
            raise Broken("there is a define inside another action")
        name = action.quoted()
        if word == "block":
            action.pipeline()
            nodes.append(Call(name))
        action.end()
        self._deeper()
        variables, self.variables = self.variables, ["$"]
        ranges, self.ranges = self.ranges, 0
        body, ending = self._nodes()
        if ending[0] != "end":
            raise Broken(f"there is an else in a {word}")
        self.defined[name] = body
        self.variables, self.ranges = variables, ranges
        self.depth -= 1

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Broken(f"it is nested more than {_DEEPEST} deep")


class _Action:
    """The tokens of one action, read from the left."""

    def __init__(self, parser: _Parser, tokens: list[Token]) -> None:
        self._parser = parser
        self._tokens = tokens
        self._at = 0

    def _peek(self) -> Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", "")

    def _skip_space(self) -> None:
        if self._peek()[0] == "space":
            self._at += 1

    def keyword(self) -> str:
        """Take a keyword that stands next, else the empty text."""
        self._skip_space()
        kind, value = self._peek()
        if kind == "word" and value in KEYWORDS and value != "nil":
            self._at += 1
            return value
        return ""

    def quoted(self) -> str:
        """Take the name of a template."""
        self._skip_space()
        kind, value = self._peek()
        if kind != "text":
            raise Broken("the name of a template is missing, or not in quotes")
        self._at += 1
        return value[1:-1]

    def end(self) -> None:
        """See that nothing more stands here."""
        self._skip_space()
        if self._peek()[0]:
            raise Broken(f'"{self._peek()[1]}" stands where an action should end')

    def pipeline(self, *, optional: bool = False, in_range: bool = False, inner: bool = False) -> bool:
        """Take commands joined by pipes; whether they put something out, rather than set a variable."""
        self._skip_space()
        if optional and not self._peek()[0]:
            return False
        names = self._declared(in_range)
        commands = 0
        while True:
            self._command(first=commands == 0)
            commands += 1
            if self._peek() != ("mark", "|"):
                break
            self._at += 1
            self._skip_space()
            if self._peek()[0] == "" or self._peek() == ("mark", ")"):
                break  # Go lets a pipe stand at the end
        if not inner:
            self.end()
        self._parser.variables += names
        return not names

    def _declared(self, in_range: bool) -> list[str]:
        """Take the variables that a pipeline sets, if it does."""
        at, names = self._at, []
        while self._peek()[0] == "variable":
            names.append(self._peek()[1])
            self._at += 1
            self._skip_space()
            kind, value = self._peek()
            if kind == "declare" or (kind, value) == ("mark", "="):
                self._at += 1
                if len(names) > (2 if in_range else 1):
                    raise Broken("too many variables are set at once")
                if kind == "mark" and not set(names) <= set(self._parser.variables):
                    raise Broken(f"the variable {names[0]} is not defined")
                return names
            if (kind, value) != ("mark", ","):
                break
            self._at += 1
            self._skip_space()
        self._at = at
        return []

    def _command(self, *, first: bool) -> None:
        self._skip_space()
        literal = self._operand()
        if literal and not first:
            raise Broken(f'"{literal}" is no function, and stands after a pipe')
        while self._peek()[0] == "space":
            self._at += 1
            if self._peek()[0] in ("", "mark") and self._peek()[1] != "(":
                return
            self._operand()
        if self._peek()[0] and self._peek() not in (("mark", "|"), ("mark", ")")):
            raise Broken(f'"{self._peek()[1]}" follows without a space')

    def _operand(self) -> str:
        """Take one operand; its text if it is a literal, which cannot be called."""
        kind, value = self._peek()
        self._at += 1
        if kind == "mark" and value == "(":
            self._parenthesis()
            kind = "field"
        elif kind == "word":
            kind = self._named(value)
        elif kind == "variable" and value not in self._parser.variables:
            raise Broken(f"the variable {value} is not defined")
        elif kind not in ("variable", "field", "dot", "text", "char", "number"):
            raise Broken(f'"{value}" stands where a value should be' if value else "a value is missing")
        literal = value if kind in ("text", "char", "number", "dot", "literal") else ""
        while self._peek()[0] == "field":
            if literal:
                raise Broken(f"{literal} has no field {self._peek()[1]}")
            self._at += 1
        return literal

    def _named(self, word: str) -> str:
        if word in ("true", "false", "nil"):
            return "literal"
        if word in KEYWORDS:
            raise Broken(f'"{word}" stands where a value should be')
        if word not in self._parser.functions:
            raise Broken(f'there is no function "{word}"')
        return "function"

    def _parenthesis(self) -> None:
        self._parser._deeper()
        self.pipeline(inner=True)
        self._skip_space()
        if self._peek() != ("mark", ")"):
            raise Broken("a parenthesis is not closed")
        self._at += 1
        self._parser.depth -= 1
