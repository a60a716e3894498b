#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>

#include "lamina/core/bit_cast.hpp"
#include "lamina/core/tensor.hpp"
#include "lamina/data/file.hpp"

// The IDX file format (http://yann.lecun.com/exdb/mnist), and the data sets MNIST and Fashion-MNIST.

namespace lamina {

namespace detail {

/// An element type of IDX; `code` is the third byte of a file.
struct IdxType {
  unsigned code;
  const char* name;
  std::size_t bytes;
};
inline constexpr IdxType idx_types[] = {{0x08, "unsigned byte", 1}, {0x09, "signed byte", 1}, {0x0B, "short", 2},
                                        {0x0C, "int", 4},           {0x0D, "float", 4},       {0x0E, "double", 8}};

/// The unsigned integer in the first sizeof(Unsigned) bytes, in big-endian order.
template <class Unsigned>
Unsigned big_endian(const char* bytes) {
  Unsigned value = 0;
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i)
    value = static_cast<Unsigned>((std::uint64_t{value} << 8U) | static_cast<unsigned char>(bytes[i]));
  return value;
}

/// Converts `count` big-endian elements of type Raw, which has the size of Unsigned.
template <class Raw, class Unsigned, class S>
void idx_elements(const char* bytes, Index count, S* out) {
  for (Index i = 0; i < count; ++i)
    out[i] = static_cast<S>(bit_cast<Raw>(big_endian<Unsigned>(bytes + i * static_cast<Index>(sizeof(Unsigned)))));
}

/// The first `count` bytes in hexadecimal, for error texts: 00 00 08 03.
inline std::string hex_bytes(const std::string& bytes, std::size_t count) {
  std::string result;
  for (std::size_t i = 0; i < count && i < bytes.size(); ++i) result += (i > 0 ? " " : "") + hexadecimal(bytes[i]);
  return result;
}

/// The header of an IDX file.
struct IdxHeader {
  const IdxType* type = nullptr;
  Shape shape;
  std::size_t begin = 0;  ///< Offset of the elements, in bytes.
};

/// Parses the header of an IDX file. Throws IoError if it is not valid or the number of elements does not match.
inline IdxHeader idx_header(const std::string& path, const std::string& bytes) {
  IdxHeader header;
  if (bytes.size() >= 4 && bytes[0] == 0 && bytes[1] == 0)
    for (const IdxType& type : idx_types)
      if (type.code == static_cast<unsigned char>(bytes[2])) header.type = &type;
  if (header.type == nullptr)
    raise<IoError>("read_idx \"", path,
                   "\": expected an IDX file, which starts with the bytes 00 00, a type (08 to 0e) ",
                   "and the number of axes, got ", bytes.empty() ? "an empty file" : hex_bytes(bytes, 4),
                   ". Check that the file has the IDX format.");
  const auto rank = static_cast<Index>(static_cast<unsigned char>(bytes[3]));
  if (rank > Shape::max_rank)
    raise<IoError>("read_idx \"", path, "\": expected at most ", Shape::max_rank, " axes, got ", rank,
                   ". Merge axes in the program that writes the file.");
  header.begin = 4 + 4 * static_cast<std::size_t>(rank);
  if (bytes.size() < header.begin)
    raise<IoError>("read_idx \"", path, "\": expected the sizes of ", rank, " axes in the first ", header.begin,
                   " bytes, got a file of ", bytes.size(), " bytes. It is truncated: download it again.");
  bool fits = true;
  for (Index axis = 0; axis < rank; ++axis) {
    const auto size = static_cast<std::uint64_t>(big_endian<std::uint32_t>(bytes.data() + 4 + 4 * axis));
    fits = fits && size <= static_cast<std::uint64_t>(Shape::most_elements);
    header.shape.push_back(static_cast<Index>(size));
  }
  if (!fits || !header.shape.is_addressable())
    raise<IoError>("read_idx \"", path, "\": expected a tensor that fits in memory, got the sizes (bytes ",
                   hex_bytes(bytes.substr(4), header.begin - 4), "). The file is damaged: download it again.");
  const std::size_t expected = header.begin + static_cast<std::size_t>(header.shape.size()) * header.type->bytes;
  if (bytes.size() != expected)
    raise<IoError>("read_idx \"", path, "\": expected ", expected, " bytes for shape ", header.shape, " of ",
                   header.type->name, ", got ", bytes.size(),
                   bytes.size() < expected ? ". The file is truncated: download it again."
                                           : ". The file has trailing bytes: download it again.");
  return header;
}

}  // namespace detail

/// Reads a tensor from an IDX file and converts its elements to Scalar: `read_idx("train-images-idx3-ubyte")` has shape
/// (60000, 28, 28).
///
/// Format: all six element types (unsigned byte, signed byte, short, int, float, double; big-endian), ranks 0 to 8.
/// Files compressed with gzip are decompressed if the program has zlib (link lamina::zlib, or define LAMINA_HAVE_ZLIB
/// and link zlib). Throws IoError if the file cannot be read, is not IDX, or has another length than its header
/// requires.
template <class Scalar = float>
Tensor<Scalar> read_idx(const std::string& path) {
  const std::string bytes = detail::read_file("read_idx", path);
  const detail::IdxHeader header = detail::idx_header(path, bytes);
  Tensor<Scalar> result = Tensor<Scalar>::empty(header.shape);
  const char* from = bytes.data() + header.begin;
  const Index count = result.size();
  Scalar* out = result.mutable_data();
  switch (header.type->code) {
    case 0x08:
      detail::idx_elements<std::uint8_t, std::uint8_t>(from, count, out);
      break;
    case 0x09:
      detail::idx_elements<std::int8_t, std::uint8_t>(from, count, out);
      break;
    case 0x0B:
      detail::idx_elements<std::int16_t, std::uint16_t>(from, count, out);
      break;
    case 0x0C:
      detail::idx_elements<std::int32_t, std::uint32_t>(from, count, out);
      break;
    case 0x0D:
      detail::idx_elements<float, std::uint32_t>(from, count, out);
      break;
    default:
      detail::idx_elements<double, std::uint64_t>(from, count, out);
      break;
  }
  return result;
}

/// Images and labels for training and test, named as in Keras's examples.
template <class Scalar = float>
struct ImageData {
  Tensor<Scalar> x_train;  ///< Training images (samples, height, width); pixels 0 to 255.
  Tensor<Scalar> y_train;  ///< Training labels (samples,); integers 0 to 9.
  Tensor<Scalar> x_test;   ///< Test images (samples, height, width); pixels 0 to 255.
  Tensor<Scalar> y_test;   ///< Test labels (samples,); integers 0 to 9.
};

/// Reads MNIST, or a data set with the same file names (Fashion-MNIST, KMNIST), from a folder.
/// `keras.datasets.mnist.load_data`, without the download.
///
///     const auto [x_train, y_train, x_test, y_test] = load_mnist("mnist");   // pixels 0 to 255: divide by 255
///
/// The four files are train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
/// t10k-labels-idx1-ubyte; `.idx` instead of `-idx` and the extension `.gz` are accepted. Throws IoError if a file is
/// missing or not valid, or the numbers of images and labels differ.
template <class Scalar = float>
ImageData<Scalar> load_mnist(const std::string& folder) {
  const auto read = [&](const std::string& what, const std::string& kind, Index rank) {
    for (const char* separator : {"-", "."})
      for (const char* ending : {"", ".gz"}) {
        const std::string path = folder + "/" + what + separator + kind + ending;
        if (!detail::file_exists(path)) continue;
        Tensor<Scalar> values = read_idx<Scalar>(path);
        if (values.rank() != rank)
          raise<IoError>("load_mnist \"", path, "\": expected ", rank, " axes, got shape ", values.shape(),
                         ". Check that the file matches its name.");
        return values;
      }
    raise<IoError>("load_mnist \"", folder, "\": expected ", what, "-", kind, " or ", what, "-", kind,
                   ".gz in this folder, got neither. Copy the four files of the data set there.");
  };
  const auto check_counts = [&](const char* which, const Tensor<Scalar>& x, const Tensor<Scalar>& y) {
    if (x.shape()[0] != y.shape()[0])
      raise<IoError>("load_mnist \"", folder, "\": expected one label per image, got ", x.shape()[0], " ", which,
                     " images and ", y.shape()[0], " labels. Use files of one data set.");
  };
  ImageData<Scalar> data{read("train-images", "idx3-ubyte", 3), read("train-labels", "idx1-ubyte", 1),
                         read("t10k-images", "idx3-ubyte", 3), read("t10k-labels", "idx1-ubyte", 1)};
  check_counts("training", data.x_train, data.y_train);
  check_counts("test", data.x_test, data.y_test);
  return data;
}

/// The folder in which the Debian package dataset-fashion-mnist installs its files.
inline constexpr const char* fashion_mnist_folder = "/usr/share/datasets/fashion-mnist";

/// Reads Fashion-MNIST, images of clothes in ten classes, from the folder of the Debian package dataset-fashion-mnist
/// (gzip files, which require zlib) or from another folder, as `load_mnist`. Throws IoError as `load_mnist`.
/// `keras.datasets.fashion_mnist.load_data`.
template <class Scalar = float>
ImageData<Scalar> load_fashion_mnist(const std::string& folder = fashion_mnist_folder) {
  if (folder == fashion_mnist_folder && !detail::file_exists(folder + "/train-images-idx3-ubyte.gz"))
    raise<IoError>("load_fashion_mnist: expected the data set in ", fashion_mnist_folder,
                   ", got no files. Install it (apt-get install dataset-fashion-mnist), or pass another folder.");
  return load_mnist<Scalar>(folder);
}

}  // namespace lamina
