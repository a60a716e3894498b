#pragma once
#include <string>
#include <utility>
#include <vector>

#include "lamina/core/names.hpp"
#include "lamina/data/npy.hpp"
#include "lamina/data/zip_reader.hpp"
#include "lamina/data/zip_writer.hpp"

// NumPy's format for several arrays: a zip archive of .npy files.

namespace lamina {

/// The arrays in a .npz file, each read when it is asked for, and converted to the scalar that is asked for.
///
///     const NpzFile data("data.npz");
///     const Tensor<float> x = data.read("x");
///     if (data.contains("y_f64")) auto y = data.read<double>("y_f64");
///
/// Stored members are read always, compressed ones where the program has zlib (lamina::zlib, or LAMINA_HAVE_ZLIB and
/// zlib linked). What is damaged or cut short, or does not fit its check sum, is an IoError. Arrays are those of
/// `read_npy`.
class NpzFile {
 public:
  explicit NpzFile(const std::string& path) : archive_("read_npz", path) {
    for (const std::string& member : archive_.names())
      if (member.size() > ending.size() && member.compare(member.size() - ending.size(), ending.size(), ending) == 0)
        names_.push_back(member.substr(0, member.size() - ending.size()));
  }

  /// The arrays' names, in the order of the file.
  const std::vector<std::string>& names() const noexcept { return names_; }
  bool contains(std::string_view name) const {
    for (const std::string& known : names_)
      if (known == name) return true;
    return false;
  }
  /// An array; one that is not there is a ValueError that suggests the nearest name.
  template <class Scalar = float>
  Tensor<Scalar> read(std::string_view name) const {
    const std::string bytes = member(name);
    return detail::npy_tensor<Scalar>(where(name), bytes);
  }
  /// The type of an array's elements, as NumPy writes it: "<f4", "|b1".
  std::string dtype(std::string_view name) const {
    const std::string bytes = member(name);
    return detail::npy_header(where(name), bytes).dtype;
  }
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

/// An array with its name, of either scalar: what `write_npz` takes.
class NamedArray {
 public:
  template <class S>
  NamedArray(std::string name, const Tensor<S>& values)  // NOLINT: written as {"x", x}
      : name_(std::move(name)), bytes_(detail::npy_bytes(values)) {}
  template <EigenDense E>
  NamedArray(std::string name, const E& values) : NamedArray(std::move(name), Tensor(values)) {}
  const std::string& name() const noexcept { return name_; }
  /// The array as a .npy file.
  const std::string& bytes() const noexcept { return bytes_; }

 private:
  std::string name_, bytes_;
};

/// All arrays of a .npz file with their names, in the order of the file. NumPy's load.
///
///     for (const auto& [name, values] : read_npz("data.npz")) ...
template <class Scalar = float>
std::vector<std::pair<std::string, Tensor<Scalar>>> read_npz(const std::string& path) {
  const NpzFile file(path);
  std::vector<std::pair<std::string, Tensor<Scalar>>> all;
  for (const std::string& name : file.names()) all.emplace_back(name, file.read<Scalar>(name));
  return all;
}

/// Writes tensors, or Eigen matrices, under their names, not compressed: `write_npz("data.npz", {{"x", x}, {"y", y}})`.
/// The file is written whole or, with an IoError, not at all. Two arrays of one name are a ValueError. NumPy's savez.
inline void write_npz(const std::string& path, const std::vector<NamedArray>& arrays) {
  detail::ZipWriter archive;
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j)
      if (arrays[i].name() == arrays[j].name())
        raise<ValueError>("write_npz \"", path, "\": two arrays have the name \"", arrays[i].name(),
                          "\". Give each its own.");
    archive.add(std::string(arrays[i].name()).append(".npy"), arrays[i].bytes());
  }
  detail::write_file("write_npz", path, std::move(archive).finish());
}

}  // namespace lamina
