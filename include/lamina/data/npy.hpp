#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "lamina/core/bit_cast.hpp"
#include "lamina/core/tensor.hpp"
#include "lamina/data/file.hpp"
#include "lamina/data/write_file.hpp"
#include "lamina/kernels/strided_copy.hpp"

// NumPy's .npy format for one array (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).

namespace lamina {

namespace detail {

/// The header of a .npy file.
struct NpyHeader {
  std::string dtype;           ///< NumPy's type string, such as "<f4".
  bool fortran_order = false;  ///< Whether elements are in column-major order.
  Shape shape;                 ///< The shape of the array.
  std::size_t begin = 0;       ///< Offset of the elements, in bytes.
  std::size_t bytes = 0;       ///< Size of an element, in bytes.
};

/// Parser of the header of a .npy file: the text of a Python dictionary.
class NpyHeaderText {
 public:
  /// `where` is the reader and the file, for error texts.
  NpyHeaderText(const std::string& where, std::string_view text) : where_(where), text_(text) {}

  /// Parses the dictionary. Throws IoError if it is not valid.
  void read(NpyHeader& header) {
    bool has_dtype = false, has_order = false, has_shape = false;
    expect('{');
    while (!at('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr" && !has_dtype) {
        if (at('['))
          raise<IoError>(where_, "expected numbers, got structured elements. Write each field as a separate array.");
        header.dtype = quoted();
        has_dtype = true;
      } else if (key == "fortran_order" && !has_order) {
        header.fortran_order = boolean();
        has_order = true;
      } else if (key == "shape" && !has_shape) {
        header.shape = shape();
        has_shape = true;
      } else {
        raise_damaged();
      }
      if (!at('}')) expect(',');
    }
    expect('}');
    skip_space();
    if (!text_.empty() || !has_dtype || !has_order || !has_shape) raise_damaged();
  }

 private:
  [[noreturn]] void raise_damaged() const {
    raise<IoError>(where_, "expected a header such as {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}, got ",
                   "other text. The file is damaged: download or write it again.");
  }
  void skip_space() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\n' || text_[0] == '\t' || text_[0] == '\r'))
      text_.remove_prefix(1);
  }
  /// Returns whether the next character is c.
  bool at(char c) {
    skip_space();
    return !text_.empty() && text_[0] == c;
  }
  void expect(char c) {
    if (!at(c)) raise_damaged();
    text_.remove_prefix(1);
  }
  bool accept_word(std::string_view w) {
    skip_space();
    if (text_.substr(0, w.size()) != w) return false;
    text_.remove_prefix(w.size());
    return true;
  }
  std::string quoted() {
    const char quote = at('"') ? '"' : '\'';
    expect(quote);
    const std::size_t end = text_.find(quote);
    if (end == std::string_view::npos) raise_damaged();
    std::string result(text_.substr(0, end));
    text_.remove_prefix(end + 1);
    return result;
  }
  bool boolean() {
    if (accept_word("True")) return true;
    if (!accept_word("False")) raise_damaged();
    return false;
  }
  Shape shape() {
    Shape result;
    expect('(');
    while (!at(')')) {
      if (result.rank() == Shape::max_rank)
        raise<IoError>(where_, "expected at most ", Shape::max_rank,
                       " axes, got more. Merge axes in the program that writes the file.");
      result.push_back(integer());
      if (!at(')')) expect(',');
    }
    expect(')');
    return result;
  }
  Index integer() {
    skip_space();
    if (text_.empty() || text_[0] < '0' || text_[0] > '9') raise_damaged();
    std::int64_t value = 0;
    for (; !text_.empty() && text_[0] >= '0' && text_[0] <= '9'; text_.remove_prefix(1)) {
      if (value > (std::numeric_limits<std::int64_t>::max)() / 10 - 1) raise_damaged();
      value = value * 10 + (text_[0] - '0');
    }
    if (!text_.empty() && text_[0] == 'L') text_.remove_prefix(1);  // written by Python 2
    // Clamped to the range of Index: npy_header rejects shapes that are too large, also on 32-bit machines.
    return static_cast<Index>((std::min<std::int64_t>)(value, (std::numeric_limits<Index>::max)()));
  }

  const std::string& where_;
  std::string_view text_;
};

/// The size of an element of this type, in bytes; 0 for an unsupported type.
inline std::size_t npy_element_bytes(std::string_view dtype) {
  if (dtype.size() != 3 || std::string_view("<>=|").find(dtype[0]) == std::string_view::npos) return 0;
  const char kind = dtype[1], digit = dtype[2];
  const auto bytes = static_cast<std::size_t>(digit - '0');
  if (digit != '1' && digit != '2' && digit != '4' && digit != '8') return 0;
  if (bytes > 1 && dtype[0] == '|') return 0;
  if (kind == 'b') return bytes == 1 ? bytes : 0;
  if (kind == 'f') return bytes > 1 ? bytes : 0;
  return kind == 'i' || kind == 'u' ? bytes : 0;
}

/// Parses the header of a .npy file. Throws IoError if it is not valid or the number of elements does not match.
inline NpyHeader npy_header(const std::string& where, std::string_view bytes) {
  if (bytes.size() < 10 || bytes.substr(0, 6) != std::string_view("\x93NUMPY", 6))
    raise<IoError>(where, "expected a .npy array, which starts with the bytes 93 4e 55 4d 50 59, got ",
                   bytes.empty() ? "no bytes" : "other bytes", ". Check that it has the .npy format and is complete.");
  const auto byte = [&](std::size_t i) { return std::size_t{static_cast<unsigned char>(bytes[i])}; };
  const std::size_t version = byte(6);
  if (version < 1 || version > 3)
    raise<IoError>(where, "expected version 1, 2 or 3 of NumPy's format, got ", version, ".");
  std::size_t length = byte(8) | byte(9) << 8U;
  NpyHeader header;
  header.begin = 10;
  if (version > 1) {
    header.begin = 12;
    if (bytes.size() >= 12) length |= byte(10) << 16U | byte(11) << 24U;
  }
  if (bytes.size() < header.begin || bytes.size() - header.begin < length)
    raise<IoError>(where, "expected a header of ", length, " bytes, got a truncated one. Download or write it again.");
  NpyHeaderText(where, bytes.substr(header.begin, length)).read(header);
  header.begin += length;
  header.bytes = npy_element_bytes(header.dtype);
  if (header.bytes == 0)
    raise<IoError>(where, "expected booleans, integers or floating-point numbers of up to 8 bytes, got elements of ",
                   "type \"", header.dtype, "\". Convert the array with astype('float64') before it is saved.");
  if (!header.shape.is_addressable())
    raise<IoError>(where, "expected an array that fits in memory, got shape ", header.shape,
                   ". The file is damaged: download or write it again.");
  const std::size_t expected = static_cast<std::size_t>(header.shape.size()) * header.bytes;
  const std::size_t got = bytes.size() - header.begin;
  if (got != expected)
    raise<IoError>(where, "expected ", expected, " bytes of elements for shape ", header.shape, " of \"", header.dtype,
                   "\", got ", got,
                   got < expected ? ". It is truncated: download or write it again."
                                  : ". It has trailing bytes: download or write it again.");
  return header;
}

/// Converts a half-precision number (IEEE 754 binary16) to float.
inline float half_to_float(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000U) << 16U, exponent = (bits >> 10U) & 0x1FU, mantissa = bits & 0x3FFU;
  if (exponent == 0) {
    const float tiny = static_cast<float>(mantissa) * 0x1p-24F;
    return sign != 0 ? -tiny : tiny;
  }
  const std::uint32_t wider = exponent == 0x1F ? 0xFFU : exponent + 112;
  return bit_cast<float>(sign | wider << 23U | mantissa << 13U);
}

/// Converts `count` elements of type Raw, which has the size of Unsigned, in either byte order.
template <class Raw, class Unsigned, class S>
void npy_elements(const char* bytes, bool big_endian, Index count, S* out) {
  for (Index i = 0; i < count; ++i) {
    std::uint64_t value = 0;
    for (std::size_t b = 0; b < sizeof(Unsigned); ++b) {
      const std::size_t shift = 8 * (big_endian ? sizeof(Unsigned) - 1 - b : b);
      value |= std::uint64_t{static_cast<unsigned char>(bytes[b])} << shift;
    }
    bytes += sizeof(Unsigned);
    const auto bits = static_cast<Unsigned>(value);
    if constexpr (std::is_same_v<Raw, bool>)
      out[i] = bits != 0 ? S(1) : S(0);
    else
      out[i] = static_cast<S>(bit_cast<Raw>(bits));
  }
}

/// Converts `count` half-precision elements, in either byte order.
template <class S>
void npy_halves(const char* bytes, bool big_endian, Index count, S* out) {
  for (Index i = 0; i < count; ++i, bytes += 2) {
    const unsigned first = static_cast<unsigned char>(bytes[0]), second = static_cast<unsigned char>(bytes[1]);
    out[i] = static_cast<S>(
        half_to_float(static_cast<std::uint16_t>(big_endian ? first << 8U | second : second << 8U | first)));
  }
}

/// The tensor in the bytes of a .npy file; `where` is the reader and the file, for error texts. Throws IoError.
template <class S>
Tensor<S> npy_tensor(const std::string& where, std::string_view bytes) {
  const NpyHeader header = npy_header(where, bytes);
  const bool transposed = header.fortran_order && header.shape.rank() > 1;
  Shape stored = header.shape;  // the axes in memory order
  if (transposed)
    for (Index i = 0; i < stored.rank(); ++i) stored[i] = header.shape[stored.rank() - 1 - i];
  Tensor<S> values = Tensor<S>::empty(stored);
  const char* from = bytes.data() + header.begin;
  const Index count = values.size();
  const bool big = header.dtype[0] == '>' || (header.dtype[0] == '=' && std::endian::native == std::endian::big);
  S* out = values.mutable_data();
  const int kind = header.dtype[1] * 16 + static_cast<int>(header.bytes);
  switch (kind) {
    case 'b' * 16 + 1:
      npy_elements<bool, std::uint8_t>(from, big, count, out);
      break;
    case 'i' * 16 + 1:
      npy_elements<std::int8_t, std::uint8_t>(from, big, count, out);
      break;
    case 'i' * 16 + 2:
      npy_elements<std::int16_t, std::uint16_t>(from, big, count, out);
      break;
    case 'i' * 16 + 4:
      npy_elements<std::int32_t, std::uint32_t>(from, big, count, out);
      break;
    case 'i' * 16 + 8:
      npy_elements<std::int64_t, std::uint64_t>(from, big, count, out);
      break;
    case 'u' * 16 + 1:
      npy_elements<std::uint8_t, std::uint8_t>(from, big, count, out);
      break;
    case 'u' * 16 + 2:
      npy_elements<std::uint16_t, std::uint16_t>(from, big, count, out);
      break;
    case 'u' * 16 + 4:
      npy_elements<std::uint32_t, std::uint32_t>(from, big, count, out);
      break;
    case 'u' * 16 + 8:
      npy_elements<std::uint64_t, std::uint64_t>(from, big, count, out);
      break;
    case 'f' * 16 + 2:
      npy_halves(from, big, count, out);
      break;
    case 'f' * 16 + 4:
      npy_elements<float, std::uint32_t>(from, big, count, out);
      break;
    default:
      npy_elements<double, std::uint64_t>(from, big, count, out);
      break;
  }
  if (!transposed) return values;
  Tensor<S> result = Tensor<S>::empty(header.shape);
  Index steps[Shape::max_rank], reversed[Shape::max_rank], own[Shape::max_rank];
  kernels::row_major_steps(stored, steps);
  for (Index i = 0; i < stored.rank(); ++i) reversed[i] = steps[stored.rank() - 1 - i];
  kernels::row_major_steps(header.shape, own);
  kernels::strided_copy<false>(header.shape, values.data(), reversed, result.mutable_data(), own);
  return result;
}

/// A tensor as the bytes of a .npy file, identical to NumPy's: version 1, little-endian, row-major, the elements
/// aligned to 64 bytes. Throws ValueError for an undefined tensor.
template <class S>
std::string npy_bytes(const Tensor<S>& values) {
  if (!values.defined()) raise<ValueError>("write_npy: expected a tensor, got an undefined one");
  constexpr std::size_t fixed = 10, alignment = 64;
  std::string text = "{'descr': '<f";
  text.append(std::to_string(sizeof(S))).append("', 'fortran_order': False, 'shape': ");
  text.append(values.shape().to_string()).append(", }");
  while ((fixed + text.size() + 1) % alignment != 0) text += ' ';
  text += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(static_cast<unsigned char>(text.size()));
  bytes += static_cast<char>(static_cast<unsigned char>(text.size() >> 8U));
  bytes += text;
  using Unsigned = std::conditional_t<sizeof(S) == 4, std::uint32_t, std::uint64_t>;
  std::size_t at = bytes.size();
  bytes.resize(at + static_cast<std::size_t>(values.size()) * sizeof(S));
  for (Index i = 0; i < values.size(); ++i) {
    const auto bits = detail::bit_cast<Unsigned>(values[i]);
    for (std::size_t b = 0; b < sizeof(S); ++b)
      bytes[at++] = static_cast<char>(static_cast<unsigned char>(bits >> (8 * b)));
  }
  return bytes;
}

}  // namespace detail

/// Reads a tensor from a .npy file and converts its elements to Scalar. `numpy.load`.
///
///     const auto weights = read_npy<double>("weights.npy");
///
/// Format: versions 1 to 3; ranks 0 to 8; C or Fortran order; booleans, integers of 8 to 64 bits and floating-point
/// numbers of 16, 32 and 64 bits; either byte order. Files compressed with gzip are decompressed if the program has
/// zlib. Throws IoError if the file cannot be read, is not .npy, has other element types, or has another length than
/// its header requires.
template <class Scalar = float>
Tensor<Scalar> read_npy(const std::string& path) {
  const std::string bytes = detail::read_file("read_npy", path);
  return detail::npy_tensor<Scalar>(text("read_npy \"", path, "\": "), bytes);
}

/// Writes a tensor to a .npy file, as float32 or float64 according to its scalar type. The file is written completely
/// or, with an IoError, not changed. Throws ValueError for an undefined tensor. `numpy.save`.
template <class S>
void write_npy(const std::string& path, const Tensor<S>& values) {
  detail::write_file("write_npy", path, detail::npy_bytes(values));
}
/// Writes an Eigen matrix or expression to a .npy file.
template <EigenDense E>
void write_npy(const std::string& path, const E& values) {
  write_npy(path, Tensor(values));
}

}  // namespace lamina
