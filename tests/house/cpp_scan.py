"""Reads our C++ closely enough for the tidy check: what is code, and where each function begins and ends."""

import re

TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|(?<![\w])(?:u8|[uUL])?R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)
SCOPE = re.compile(r"\b(namespace|class|struct|union|enum)\b|\bextern\s*$")
TEMPLATE = re.compile(r"^\s*(?:template\s*<[^{;]*?>\s*(?=(?:class|struct|union|template|requires)\b)|export\s+|typedef\s+)+")
# What may stand between a function's parameters (or its last initialiser) and its body.
TAIL = re.compile(r"^\s*(?:(?:const|noexcept|override|final|mutable|volatile|try|&&?|constexpr)\s*)*"
                  r"(?:->\s*[\w:<>,*&\s\[\]]+?)?(?:requires\b.*)?\s*$", re.S)
ACCESS = re.compile(r"^\s*(?:public|private|protected)\s*:(?!:)")
PIECE = re.compile(r"[{};\n]|[^{};\n]+")


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def code_only(text):
    """The text with comments, string contents and directives blanked; every line keeps its number and length."""
    def replace(match):
        token = match.group(0)
        if token[0] == "/":
            return blank(token)
        return '"' + blank(token[1:-1]) + '"' if token[0] == '"' else "0" + blank(token[1:])
    return DIRECTIVE.sub(lambda match: blank(match.group(0)), TOKEN.sub(replace, text))


def is_function(header):
    """Whether the text before an opening brace, since the last statement, announces a function's body."""
    header = re.sub(r"\[\[[^\]]*\]\]", " ", header)
    bare = TEMPLATE.sub("", header)
    scope = SCOPE.match(bare.strip())
    if scope:
        return False
    end = max(header.rfind(")"), header.rfind("}"))
    if end < 0:
        return header.rstrip().endswith("]")
    return "(" in header[:end + 1] and TAIL.match(header[end + 1:]) is not None


def is_scope(header):
    bare = TEMPLATE.sub("", re.sub(r"\[\[[^\]]*\]\]", " ", header)).strip()
    return bool(SCOPE.match(bare)) or re.fullmatch(r'extern\s+"\s*"', bare) is not None


def functions(text):
    """(first line, lines, header) for every function of the text; a function inside another is part of it."""
    found, stack = [], []  # stack: (scope, function or other; line; header) for every open brace
    header, line, inside = "", 1, 0  # inside: braces open within a function, its own included
    for piece in PIECE.findall(code_only(text)):
        if piece == "\n":
            line += 1
            header += " "
        elif inside:
            inside += {"{": 1, "}": -1}.get(piece, 0)
            if inside == 0:
                first, name = stack.pop()[1:]
                found.append((first, line - first + 1, " ".join(name.split())))
                header = ""
        elif piece == "{":
            header = ACCESS.sub("", header)
            kind = "scope" if is_scope(header) else "function" if is_function(header) else "other"
            stack.append((kind, line, header))
            inside = int(kind == "function")
            header = header + "{" if kind == "other" else ""
        elif piece == "}":
            kind = stack.pop()[0] if stack else "other"
            header = header + "}" if kind == "other" else ""
        elif piece == ";" and not (stack and stack[-1][0] == "other"):
            header = ""
        else:
            header += piece
    return found
