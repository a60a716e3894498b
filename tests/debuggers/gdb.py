"""gdb -nx -batch -x gdb.py PROGRAM, with the folders DEBUGGERS and TESTS in the environment. Prints what expected.txt lists with
lamina's printers and compares; then evaluates the expressions of the natvis file, so that every member that they name exists."""

import os
import re
import sys
import xml.etree.ElementTree

import gdb

failures = 0


def expect_equal(what, got, expected):
    global failures
    if got != expected:
        print(f"{what}:\n  expected {expected}\n  got      {got}")
        failures += 1


def check_printers(path):
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    for line in lines:
        arguments, expected = line.split(" = ", 1)
        printed = gdb.execute("print " + arguments, to_string=True).rstrip("\n")
        expect_equal(arguments, re.sub(r"^\$\d+ = ", "", printed), expected)
    return len(lines)


# The values that natvis expressions are evaluated on: one for each combination of conditions.
values = {
    "lamina::Shape": ["scalar_shape", "matrix_shape"],
    "lamina::Tensor<*>": ["undefined", "scalar", "matrix"],
    "lamina::Variable<*>": ["no_variable", "kernel"],
    "lamina::List<*>": ["empty_list", "list"],
    "lamina::Config": ["none", "yes", "real", "text", "tree"],
}


def evaluate(expression, value):
    """An expression of the natvis file on a value; std::shared_ptr is libstdc++'s here."""
    expression = expression.replace("_Ptr", "_M_ptr").replace("$i", "0").replace("nullptr", "0")
    return gdb.parse_and_eval(re.sub(r"(?<![\w.>:])([a-z]+_)(?!\w)", value + r".\1", expression))


def check_natvis(path):
    count = 0
    for view in xml.etree.ElementTree.parse(path).getroot():
        for value in values.pop(view.get("Name")):
            for element in view.iter():
                condition = element.get("Condition")
                if condition is not None and not evaluate(condition, value):
                    continue
                text = (element.text or "").strip()
                is_text = element.tag.endswith("DisplayString")
                for expression in re.findall(r"{(.*?)}", text) if is_text else [text]:
                    if expression and expression != "Forward":
                        evaluate(expression, value)
                        count += 1
    expect_equal("types without a view", list(values), [])
    return count


try:
    gdb.execute("set width 0")
    gdb.execute("set disable-randomization off")  # not permitted in containers
    gdb.execute("source " + os.path.join(os.environ["DEBUGGERS"], "lamina_gdb.py"))
    gdb.execute("break look", to_string=True)
    gdb.execute("run", to_string=True)
    gdb.execute("up", to_string=True)
    printed = check_printers(os.path.join(os.environ["TESTS"], "expected.txt"))
    evaluated = check_natvis(os.path.join(os.environ["DEBUGGERS"], "lamina.natvis"))
    print(f"{printed} values printed, {evaluated} expressions of the natvis file evaluated, {failures} failures")
    gdb.execute("kill", to_string=True)
except Exception as error:  # gdb would print it and exit with status 0
    print(f"failed: {error}")
    failures += 1
gdb.execute(f"quit {1 if failures else 0}")
