"""Pretty-printers of gdb for lamina's Shape, Tensor, Variable, Config and List.

In gdb, or in ~/.gdbinit:

    source PREFIX/share/lamina/debuggers/lamina_gdb.py
"""

import itertools
import math

import gdb
import gdb.printing


def element_limit():
    """The number of elements that `set print elements` allows; None if it is unlimited."""
    if hasattr(gdb, "print_options"):  # since gdb 13; includes the options of the print command
        return gdb.print_options().get("max_elements") or None
    return gdb.parameter("print elements") or None


def list_elements(values):
    """The elements of a List."""
    return (values["data_"][i] for i in range(int(values["size_"])))


def string_text(string):
    """The text of a std::string of libstdc++; for other standard libraries, the text that gdb prints."""
    try:
        return string["_M_dataplus"]["_M_p"].string("utf-8", "replace", int(string["_M_string_length"]))
    except gdb.error:
        return str(string).strip('"')


def shape_sizes(shape):
    return [int(shape["sizes_"][axis]) for axis in range(int(shape["rank_"]))]


def shape_text(shape):
    sizes = ["None" if size < 0 else str(size) for size in shape_sizes(shape)]
    return "(" + ", ".join(sizes) + (",)" if len(sizes) == 1 else ")")


class ShapePrinter:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        return shape_text(self.value)


class TensorPrinter:
    """The shape, and the elements with their indices. gdb reads as many as `set print elements` allows."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        scalar = self.value.type.strip_typedefs().template_argument(0)
        if int(self.value["data_"]) == 0:
            return f"undefined tensor of {scalar}"
        return f"tensor of {scalar}, shape {shape_text(self.value['shape_'])}"

    def children(self):
        data = self.value["data_"]
        if int(data) == 0:
            return
        positions = itertools.product(*(range(size) for size in shape_sizes(self.value["shape_"])))
        for i, position in enumerate(positions):
            yield "[" + ", ".join(map(str, position)) + "]", data[i]

    def display_hint(self):
        return "array"


class VariablePrinter:
    """The path, the shape, and the elements of the value."""

    def __init__(self, value):
        pointer = value["state_"]
        names = {field.name for field in pointer.type.strip_typedefs().fields()}
        self.state = pointer["__ptr_" if "__ptr_" in names else "_M_ptr"]

    def to_string(self):
        if int(self.state) == 0:
            return "undefined variable"
        state = self.state.dereference()
        name = string_text(state["path"]) or string_text(state["name"])
        frozen = "" if state["trainable"] else ", not trainable"
        return f'variable "{name}"{frozen}, {TensorPrinter(state["value"]).to_string()}'

    def children(self):
        return iter(()) if int(self.state) == 0 else TensorPrinter(self.state["value"]).children()

    def display_hint(self):
        return "array"


class ListPrinter:
    """The number of elements, and the elements."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        return f"list of {int(self.value['size_'])}"

    def children(self):
        return ((f"[{i}]", element) for i, element in enumerate(list_elements(self.value)))

    def display_hint(self):
        return "array"


class ConfigPrinter:
    """JSON, cut to the number of characters that `set print elements` allows."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        text, limit = "", element_limit()
        for piece in self.pieces(self.value):
            text += piece
            if limit is not None and len(text) > limit:
                return text[:limit] + "..."
        return text

    @classmethod
    def pieces(cls, config):
        kind = str(config["kind_"]).split("::")[-1]
        if kind == "null":
            yield "null"
        elif kind == "boolean":
            yield "true" if int(config["integer_"]) else "false"
        elif kind == "integer":
            yield str(int(config["integer_"]))
        elif kind == "real":
            yield cls.number(float(config["real_"]))
        elif kind == "string":
            yield cls.quoted(config["text_"])
        else:
            yield "[" if kind == "list" else "{"
            for i, member in enumerate(list_elements(config["members_"])):
                yield ", " if i > 0 else ""
                if kind == "map":
                    yield cls.quoted(member["first"]) + ": "
                yield from cls.pieces(member["second"])
            yield "]" if kind == "list" else "}"

    @staticmethod
    def number(real):
        if math.isnan(real):
            return "NaN"
        if math.isinf(real):
            return "Infinity" if real > 0 else "-Infinity"
        return repr(real)

    @staticmethod
    def quoted(string):
        return '"' + string_text(string).replace("\\", "\\\\").replace('"', '\\"') + '"'


def printers():
    collection = gdb.printing.RegexpCollectionPrettyPrinter("lamina")
    collection.add_printer("Shape", "^lamina::Shape$", ShapePrinter)
    collection.add_printer("Tensor", "^lamina::Tensor<(float|double)>$", TensorPrinter)
    collection.add_printer("Variable", "^lamina::Variable<(float|double)>$", VariablePrinter)
    collection.add_printer("List", "^lamina::List<.*>$", ListPrinter)
    collection.add_printer("Config", "^lamina::Config$", ConfigPrinter)
    return collection


gdb.printing.register_pretty_printer(gdb.current_objfile(), printers(), replace=True)
