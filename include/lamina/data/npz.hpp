#pragma once
#include <string>
#include <utility>
#include <vector>

#include "lamina/core/names.hpp"
#include "lamina/data/npy.hpp"
#include "lamina/data/zip_reader.hpp"
#include "lamina/data/zip_writer.hpp"

// NumPy's .npz format for several arrays: a zip archive of .npy files.

namespace lamina {

/// A .npz file, opened for reading. Each call of `read` parses one array. `numpy.lib.npyio.NpzFile`.
///
///     const NpzFile data("data.npz");
///     const Tensor<float> x = data.read("x");
///     if (data.contains("y_f64")) auto y = data.read<double>("y_f64");
///
/// Format: arrays as in `read_npy`, stored or deflated; deflated ones require zlib (link lamina::zlib, or define
/// LAMINA_HAVE_ZLIB and link zlib). All functions throw IoError if the file or an array is damaged or truncated or a
/// checksum does not match.
class NpzFile {
 public:
  /// Opens a file and reads its directory. Throws IoError if it cannot be read or is not a zip archive.
  explicit NpzFile(const std::string& path) : archive_("read_npz", path) {
    for (const std::string& member : archive_.names())
      if (member.size() > ending.size() && member.compare(member.size() - ending.size(), ending.size(), ending) == 0)
        names_.push_back(member.substr(0, member.size() - ending.size()));
  }

  /// Returns the names of the arrays, in the order of the file.
  const std::vector<std::string>& names() const noexcept { return names_; }
  /// Returns whether an array with this name exists.
  bool contains(std::string_view name) const {
    for (const std::string& known : names_)
      if (known == name) return true;
    return false;
  }
  /// Returns an array, converted to Scalar. Throws ValueError for an unknown name, with the most similar name as a
  /// hint.
  template <class Scalar = float>
  Tensor<Scalar> read(std::string_view name) const {
    const std::string bytes = member(name);
    return detail::npy_tensor<Scalar>(where(name), bytes);
  }
  /// Returns the element type of an array as NumPy's type string, such as "<f4" or "|b1".
  std::string dtype(std::string_view name) const {
    const std::string bytes = member(name);
    return detail::npy_header(where(name), bytes).dtype;
  }
  /// Returns the shape of an array.
  Shape shape(std::string_view name) const {
    const std::string bytes = member(name);
    return detail::npy_header(where(name), bytes).shape;
  }

 private:
  static constexpr std::string_view ending = ".npy";
  std::string where(std::string_view name) const {
    return text("read_npz \"", archive_.path(), "\", array \"", name, "\": ");
  }
  std::string member(std::string_view name) const {
    if (!contains(name)) {
      const std::string kind = text("array in \"", archive_.path(), "\":");
      raise_unknown_name(kind, name, names_);
    }
    return archive_.read(std::string(name).append(ending));
  }
  detail::ZipReader archive_;
  std::vector<std::string> names_;
};

/// A name and an array, the argument of `write_npz`. It stores a copy of the array as .npy bytes.
class NamedArray {
 public:
  /// A named tensor. Throws ValueError if it is undefined.
  template <class S>
  NamedArray(std::string name, const Tensor<S>& values)  // NOLINT: written as {"x", x}
      : name_(std::move(name)), bytes_(detail::npy_bytes(values)) {}
  /// A named Eigen matrix or expression.
  template <EigenDense E>
  NamedArray(std::string name, const E& values) : NamedArray(std::move(name), Tensor(values)) {}
  /// Returns the name.
  const std::string& name() const noexcept { return name_; }
  /// Returns the array as the bytes of a .npy file.
  const std::string& bytes() const noexcept { return bytes_; }

 private:
  std::string name_, bytes_;
};

/// Reads all arrays of a .npz file, with their names, in the order of the file. Throws as NpzFile. `numpy.load`.
///
///     for (const auto& [name, values] : read_npz("data.npz")) ...
template <class Scalar = float>
std::vector<std::pair<std::string, Tensor<Scalar>>> read_npz(const std::string& path) {
  const NpzFile file(path);
  std::vector<std::pair<std::string, Tensor<Scalar>>> all;
  for (const std::string& name : file.names()) all.emplace_back(name, file.read<Scalar>(name));
  return all;
}

/// Writes named tensors or Eigen matrices to a .npz file, not compressed. The file is written completely or, with an
/// IoError, not changed. Throws ValueError for a repeated name. `numpy.savez`.
///
///     write_npz("data.npz", {{"x", x}, {"y", y}});
inline void write_npz(const std::string& path, const std::vector<NamedArray>& arrays) {
  detail::ZipWriter archive;
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j)
      if (arrays[i].name() == arrays[j].name())
        raise<ValueError>("write_npz \"", path, "\": expected different names, got two arrays with the name \"",
                          arrays[i].name(), "\". Rename one of them.");
    archive.add(std::string(arrays[i].name()).append(".npy"), arrays[i].bytes());
  }
  detail::write_file("write_npz", path, std::move(archive).finish());
}

}  // namespace lamina
