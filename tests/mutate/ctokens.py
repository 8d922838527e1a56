# SPDX-License-Identifier: LGPL-2.1-or-later
"""C as tokens with their places: enough to say in which function and statement something stands. No preprocessor
is run: its lines, comments and strings are tokens that nothing is made of."""
import bisect
import collections
import re

Token = collections.namedtuple('Token', 'kind text start end')
# A function's name, the tokens from after its { to before its }, and its lines.
Function = collections.namedtuple('Function', 'name first last first_line last_line')

PATTERN = re.compile(r'''
    (?P<space>\s+)
  | (?P<comment>/\*.*?\*/|//[^\n]*)
  | (?P<directive>^[ \t]*\#(?:[^\\\n]|\\.|\\\n)*)
  | (?P<string>"(?:[^"\\\n]|\\.)*")
  | (?P<char>'(?:[^'\\\n]|\\.)*')
  | (?P<number>\d(?:[\w.]|(?<=[eEpP])[+-])*)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<punct><<=|>>=|\.\.\.|->|\+\+|--|&&|\|\||[-+*/%&|^<>=!]=|<<|>>|.)
''', re.X | re.S | re.M)
CLOSES = {'(': ')', '[': ']', '{': '}'}


class Source:
    def __init__(self, text):
        self.text = text
        self.starts = [0] + [found.end() for found in re.finditer('\n', text)]
        self.tokens = [Token(found.lastgroup, found.group(), found.start(), found.end())
                       for found in PATTERN.finditer(text) if found.lastgroup not in ('space', 'comment', 'directive')]
        self.partner = self.pair()
        self.functions = list(self.find_functions())

    def line(self, place):
        return bisect.bisect_right(self.starts, place)

    def pair(self):
        """Index of each bracket -> index of the one that belongs to it."""
        partner, open_ones = {}, []
        for index, token in enumerate(self.tokens):
            if token.text in CLOSES and token.kind == 'punct':
                open_ones.append(index)
            elif token.text in (')', ']', '}') and token.kind == 'punct' and open_ones:
                begin = open_ones.pop()
                partner[begin], partner[index] = index, begin
        return partner

    def find_functions(self):
        """A { at the beginning of a line after the ) of a parameter list, as the style has it."""
        for index, token in enumerate(self.tokens):
            if token.text != '{' or token.kind != 'punct' or index not in self.partner or index == 0:
                continue
            if token.start != self.starts[self.line(token.start) - 1] or self.tokens[index - 1].text != ')':
                continue
            begin = self.partner.get(index - 1, 0)
            end = self.partner[index]
            name = self.tokens[begin - 1]
            if name.kind == 'name':
                yield Function(name.text, index + 1, end, self.line(name.start), self.line(self.tokens[end].start))

    def statements(self, function):
        """(first, end) of each simple statement of the function: from after ; { } a label or an if (...) to behind its ;"""
        at = function.first
        first = at
        while at < function.last:
            token = self.tokens[at]
            if token.text in ('if', 'while', 'for', 'switch') and at + 1 in self.partner:
                at = self.partner[at + 1]
                first = at + 1
            elif token.text in ('(', '[') and at in self.partner:
                at = self.partner[at]
            elif token.text in ('else', 'do'):
                first = at + 1
            elif token.text in ('{', '}'):
                first = at + 1
            elif token.text == ':' and self.tokens[first].text in ('case', 'default'):
                first = at + 1
            elif token.text == ';':
                yield first, at + 1
                first = at + 1
            at += 1
