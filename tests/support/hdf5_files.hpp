#pragma once
#include <hdf5.h>

#include <cstring>
#include <lamina/io/bytes.hpp>
#include <lamina/io/hdf5_reader.hpp>
#include <lamina/io/hdf5_writer.hpp>
#include <memory>
#include <string>
#include <vector>

namespace lamina::testing_support {

/// An HDF5 file in memory, written by HDF5's own functions.
class Hdf5File {
 public:
  /// `second`: in the second version of the format, that of HDF5 1.8, not in the first.
  explicit Hdf5File(bool second = false) {
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (second) H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V18);
    detail::Hdf5Driver::use(access, image_);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    file_ = H5Fcreate("lamina_test", H5F_ACC_TRUNC, H5P_DEFAULT, access);
    H5Pclose(access);
    links_ = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links_, 1);
  }
  ~Hdf5File() {
    H5Pclose(links_);
    H5Fclose(file_);
  }
  Hdf5File(const Hdf5File&) = delete;
  Hdf5File& operator=(const Hdf5File&) = delete;

  hid_t id() const { return file_; }
  void group(const char* path) const { H5Gclose(H5Gcreate2(file_, path, links_, H5P_DEFAULT, H5P_DEFAULT)); }
  /// Adds a dataset; its groups are created. Scalars have no sizes. A null pointer: no values are written.
  void dataset(const char* path, const std::vector<hsize_t>& sizes, hid_t stored, hid_t native, const void* values,
               hid_t creation = H5P_DEFAULT, const std::vector<hsize_t>& most = {}) const {
    const hid_t space = sizes.empty() ? H5Screate(H5S_SCALAR)
                                      : H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(),
                                                         most.empty() ? nullptr : most.data());
    const hid_t made = H5Dcreate2(file_, path, stored, space, links_, creation, H5P_DEFAULT);
    if (values != nullptr) H5Dwrite(made, native, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Dclose(made);
    H5Sclose(space);
  }
  void floats(const char* path, const std::vector<hsize_t>& sizes, const std::vector<float>& values,
              hid_t creation = H5P_DEFAULT) const {
    dataset(path, sizes, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, values.data(), creation);
  }
  /// Adds an attribute: a list of strings of variable length.
  void strings(const char* path, const char* name, const std::vector<const char*>& values) const {
    const hid_t type = string_type(H5T_VARIABLE);
    attribute(path, name, type, {values.size()}, values.data());
    H5Tclose(type);
  }
  /// Adds an attribute: a string of variable length.
  void string(const char* path, const char* name, const char* value) const {
    const hid_t type = string_type(H5T_VARIABLE);
    attribute(path, name, type, {}, &value);
    H5Tclose(type);
  }
  /// Adds an attribute: strings of a fixed length, filled with NUL characters.
  void fixed_strings(const char* path, const char* name, std::size_t length,
                     const std::vector<std::string>& values) const {
    std::string characters;
    for (std::string value : values) {
      value.resize(length);
      characters += value;
    }
    const hid_t type = string_type(length);
    attribute(path, name, type, {values.size()}, characters.data());
    H5Tclose(type);
  }
  void attribute(const char* path, const char* name, hid_t type, const std::vector<hsize_t>& sizes,
                 const void* values) const {
    const hid_t object = H5Oopen(file_, path, H5P_DEFAULT);
    const hid_t space =
        sizes.empty() ? H5Screate(H5S_SCALAR) : H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr);
    const hid_t made = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (values != nullptr) H5Awrite(made, type, values);
    H5Aclose(made);
    H5Sclose(space);
    H5Oclose(object);
  }
  /// Returns the bytes of the file.
  std::string bytes() const {
    H5Fflush(file_, H5F_SCOPE_GLOBAL);
    std::string all(static_cast<std::size_t>(image_.size()), '\0');
    image_.read(0, all.data(), all.size());
    return all;
  }

 private:
  static hid_t string_type(std::size_t length) {
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, length);
    return type;
  }
  mutable detail::Hdf5Image image_;
  hid_t file_, links_;
};

/// Opens the bytes of an HDF5 file; errors begin with "f.h5" in quotation marks.
inline detail::Hdf5Reader open_hdf5(std::string bytes) {
  return detail::Hdf5Reader("\"f.h5\"", std::make_unique<detail::StringBytes>(std::move(bytes)));
}

}  // namespace lamina::testing_support
