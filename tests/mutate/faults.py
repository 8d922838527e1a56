# SPDX-License-Identifier: LGPL-2.1-or-later
"""Small faults that can be put into a C file, each at one place of one function."""
import collections
import re

# What is at [start:end) of the file becomes @text.
Fault = collections.namedtuple('Fault', 'kind function line start end before text')

COMPARISONS = {'==': ('!=',), '!=': ('==',), '<': ('<=', '>='), '<=': ('<', '>'), '>': ('>=', '<='), '>=': ('>', '<')}
LOGICAL = {'&&': '||', '||': '&&'}
WORDS = {'true': 'false', 'false': 'true', 'TRUE': 'FALSE', 'FALSE': 'TRUE'}
UNITS = {'1000': '1024', '1024': '1000', '1000000': '1000', '60': '1', '512': '1024', '4096': '1024'}
# What only tells people something.
TALK = re.compile(r'^(log_\w+|assert\w*|g_assert\w*|_|N_|P_|printf|fprintf|fputs|puts)$')
NOT_CALLS = {'if', 'while', 'for', 'switch', 'return', 'sizeof', 'else', 'do', 'case', 'goto', 'typeof', 'defined'}
LABEL = re.compile(r'[A-Z][A-Z0-9]*(_[A-Z0-9]+)+')


def enum_neighbours(texts):
    """Name of an enum's value -> the value beside it, from the texts of headers."""
    beside = {}
    for text in texts:
        plain = re.sub(r'/\*.*?\*/|//[^\n]*|^[ \t]*#[^\n]*', '', text, flags=re.S | re.M)
        for body in re.findall(r'\benum\b[^{;()]*\{([^{}]*)\}', plain):
            names = re.findall(r'(?:^|,)\s*([A-Za-z_]\w*)', body)
            for number, name in enumerate(names):
                if len(names) > 1 and LABEL.fullmatch(name):
                    beside[name] = names[number + 1] if number + 1 < len(names) else names[number - 1]
    return beside


class Maker:
    """All faults of one source."""

    def __init__(self, source, neighbours=None):
        self.source, self.tokens, self.neighbours = source, source.tokens, neighbours or {}

    def all(self):
        for function in self.source.functions:
            talk = self.talk(function)
            for index in range(function.first, function.last):
                if index not in talk:
                    yield from self.at_token(function, index)
            yield from self.at_statements(function)

    def fault(self, kind, function, start, end, text):
        return Fault(kind, function.name, self.source.line(start), start, end, self.source.text[start:end], text)

    def talk(self, function):
        """Indices of the tokens that are arguments of what only talks."""
        found = set()
        for index in range(function.first, function.last - 1):
            if self.tokens[index].kind == 'name' and TALK.match(self.tokens[index].text) and self.tokens[index + 1].text == '(':
                found.update(range(index, self.source.partner.get(index + 1, index) + 1))
        return found

    def at_token(self, function, index):
        token = self.tokens[index]
        if token.kind == 'punct':
            yield from self.at_operator(function, index)
        elif token.kind == 'number':
            yield from self.at_number(function, token)
        elif token.kind == 'name':
            if token.text in WORDS:
                yield self.fault('constant', function, token.start, token.end, WORDS[token.text])
            if token.text in self.neighbours:
                yield self.fault('neighbour', function, token.start, token.end, self.neighbours[token.text])
            if token.text == 'if' and self.tokens[index + 1].text == '(':
                end = self.source.partner.get(index + 1)
                if end:
                    yield self.fault('condition', function, self.tokens[index + 1].end, self.tokens[end].start,
                                     f'!({self.between(index + 2, end)})')

    def between(self, first, end):
        return self.source.text[self.tokens[first].start:self.tokens[end - 1].end]

    def at_operator(self, function, index):
        token, before, after = self.tokens[index], self.tokens[index - 1], self.tokens[index + 1]
        for other in COMPARISONS.get(token.text, ()):
            yield self.fault('comparison', function, token.start, token.end, other)
        if token.text in LOGICAL:
            yield self.fault('logic', function, token.start, token.end, LOGICAL[token.text])
        if token.text == '!' and after.text != '(':
            yield self.fault('condition', function, token.start, token.end, '')
        binary = before.kind in ('name', 'number') and before.text not in NOT_CALLS or before.text in (')', ']')
        if token.text == '|' and binary and LABEL.fullmatch(after.text):
            yield self.fault('flag', function, token.start, after.end, '')
        if token.text in ('+', '-') and binary:
            yield self.fault('arithmetic', function, token.start, token.end, '-' if token.text == '+' else '+')

    def at_number(self, function, token):
        if re.fullmatch(r'\d+[uUlL]*', token.text):
            digits = re.match(r'\d+', token.text).group()
            if digits in UNITS:
                yield self.fault('unit', function, token.start, token.end, UNITS[digits] + token.text[len(digits):])
            value = int(digits, 8 if digits.startswith('0') and len(digits) > 1 else 10)
            yield self.fault('constant', function, token.start, token.end, str(value + 1) + token.text[len(digits):])
        elif re.fullmatch(r'0[xX][0-9a-fA-F]+[uUlL]*', token.text):
            yield self.fault('constant', function, token.start, token.end, f'({token.text} + 1)')

    def is_call(self, first, end):
        """NAME(...); alone, or what may stand before it: (void)."""
        name = self.tokens[first]
        return (name.kind == 'name' and name.text not in NOT_CALLS and not TALK.match(name.text) and first + 1 < end and
                self.tokens[first + 1].text == '(' and self.source.partner.get(first + 1) == end - 2)

    def is_simple(self, first, end):
        """A call or an assignment, which could stand before the one in front of it."""
        words = [token.text for token in self.tokens[first:end]]
        return self.is_call(first, end) or ('=' in words and self.tokens[first].kind == 'name' and
                                            self.tokens[first + 1].text in ('=', '->', '.', '['))

    def can_matter(self, first, end):
        """Two assignments without a call between them seldom have an order; what the preprocessor chooses between is left alone."""
        between = self.source.text[self.tokens[first].start:self.tokens[end - 1].end]
        return '\n#' not in between and any(token.text == '(' for token in self.tokens[first:end])

    def at_statements(self, function):
        last = None
        for first, end in self.source.statements(function):
            here = self.tokens[first]
            start, stop = here.start, self.tokens[end - 1].end
            if self.is_call(first, end):
                yield self.fault('call removed', function, start, stop, ';')
            if here.text == 'return' and self.after_condition(first):
                yield self.fault('return ignored', function, start, stop, ';')
            if last and last[1] == first and self.is_simple(*last) and self.is_simple(first, end) and self.can_matter(last[0], end):
                gap = self.source.text[self.tokens[last[1] - 1].end:start]
                before = self.between(*last)
                yield self.fault('order', function, self.tokens[last[0]].start, stop, self.between(first, end) + gap + before)
            # What an if or else rules is no statement beside the next one.
            last = None if self.tokens[first - 1].text in (')', 'else', ':') or here.text in NOT_CALLS else (first, end)

    def after_condition(self, first):
        """Whether what begins there is all that an if rules; a { between them does not count."""
        before = first - 1
        if self.tokens[before].text == '{':
            before -= 1
        if self.tokens[before].text != ')' or before not in self.source.partner:
            return False
        return self.tokens[self.source.partner[before] - 1].text == 'if'
