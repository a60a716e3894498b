#pragma once
#include <cstddef>
#include <string>
#include <type_traits>

#include "lamina/core/print_number.hpp"
#include "lamina/core/tensor.hpp"

// Printing of tensors and shapes. tensor.hpp includes this file.

namespace lamina {

namespace detail {
template <class S>
void print_axis(std::string& out, const Tensor<S>& t, Index axis, Index offset, Index indent) {
  if (axis == t.rank()) {
    out += print_number(static_cast<double>(t[offset]), std::is_same_v<S, float> ? 7 : 15);
    return;
  }
  constexpr Index edge = 3, longest = 12;  // an axis longer than `longest` shows `edge` entries at each end
  Index stride = 1;
  for (Index a = axis + 1; a < t.rank(); ++a) stride *= t.shape()[a];
  const Index count = t.shape()[axis];
  const bool innermost = axis + 1 == t.rank();
  out += '[';
  for (Index i = 0; i < count; ++i) {
    if (i > 0) {
      out += innermost ? ", " : ",\n";
      if (!innermost) out.append(static_cast<std::size_t>(indent) + 1, ' ');
    }
    if (count > longest && i == edge) {
      out += "...";
      i = count - edge - 1;
      continue;
    }
    print_axis(out, t, axis + 1, offset + i * stride, indent + 1);
  }
  out += ']';
}
}  // namespace detail

template <class Scalar>
std::string Tensor<Scalar>::to_string() const {
  if (!defined()) return "(undefined)";
  std::string out;
  detail::print_axis(out, *this, 0, 0, 0);
  return out;
}

/// A character stream such as std::ostream.
template <class Stream>
concept CharacterStream = requires(Stream& s, const char* text) {
  s.write(text, 1);
  s.width();
};

/// Prints a tensor as `to_string` formats it.
template <CharacterStream Stream, class S>
Stream& operator<<(Stream& stream, const Tensor<S>& tensor) {
  const std::string text = tensor.to_string();
  stream.write(text.data(), static_cast<std::ptrdiff_t>(text.size()));
  return stream;
}
/// Prints a shape as `to_string` formats it.
template <CharacterStream Stream>
Stream& operator<<(Stream& stream, const Shape& shape) {
  const std::string text = shape.to_string();
  stream.write(text.data(), static_cast<std::ptrdiff_t>(text.size()));
  return stream;
}

LAMINA_COMPILED_CLASS(Tensor);

}  // namespace lamina
