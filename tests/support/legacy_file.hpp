#pragma once
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "lamina/core/tensor.hpp"
#include "lamina/io/hdf5_reader.hpp"

namespace lamina::testing_support {

/// Writes an .h5 file as Keras 1 and 2 wrote them by h5py 2: attributes are strings of fixed length.
class LegacyFile {
 public:
  using Weights = std::vector<std::pair<std::string, Tensor<float>>>;  ///< By name.

  explicit LegacyFile(const std::string& path)
      : file_(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose) {
    EXPECT_TRUE(static_cast<bool>(file_)) << path;
  }
  /// Sets a string attribute of a group.
  void string(const std::string& group, const char* name, const std::string& value) {
    write_attribute(group, name, text_type(value.size()), detail::Hdf5Id(H5Screate(H5S_SCALAR), H5Sclose),
                    value.data());
  }
  /// Sets an integer attribute of a group.
  void integer(const std::string& group, const char* name, long long value) {
    write_attribute(group, name, detail::Hdf5Id(H5Tcopy(H5T_NATIVE_LLONG), H5Tclose),
                    detail::Hdf5Id(H5Screate(H5S_SCALAR), H5Sclose), &value);
  }
  /// Sets an attribute that is a list of strings. An empty list is a list of doubles, as h5py writes it.
  void strings(const std::string& group, const char* name, const std::vector<std::string>& values) {
    std::size_t longest = 1;
    for (const std::string& v : values) longest = std::max(longest, v.size());
    std::string all;
    for (const std::string& v : values) all += v + std::string(longest - v.size(), '\0');
    const hsize_t count = values.size();
    write_attribute(group, name,
                    values.empty() ? detail::Hdf5Id(H5Tcopy(H5T_IEEE_F64LE), H5Tclose) : text_type(longest),
                    detail::Hdf5Id(H5Screate_simple(1, &count, nullptr), H5Sclose), all.data());
  }
  /// Adds a dataset, and the groups of its path.
  void dataset(const std::string& path, const Tensor<float>& value) {
    const std::size_t slash = path.rfind('/');
    const detail::Hdf5Id group = open(slash == std::string::npos ? "" : path.substr(0, slash));
    std::vector<hsize_t> sizes;
    for (const Index size : value.shape()) sizes.push_back(static_cast<hsize_t>(size));
    const detail::Hdf5Id space(value.rank() == 0
                                   ? H5Screate(H5S_SCALAR)
                                   : H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr),
                               H5Sclose);
    const detail::Hdf5Id made(
        H5Dcreate2(group, path.substr(slash + 1).c_str(), H5T_IEEE_F32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
        H5Dclose);
    EXPECT_GE(H5Dwrite(made, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, value.data()), 0) << path;
  }
  /// Adds weights to a group, and their names as the attribute "weight_names".
  void weights(const std::string& group, const Weights& weights) {
    std::vector<std::string> names;
    for (const auto& [name, value] : weights) {
      names.push_back(name);
      dataset(group + "/" + name, value);
    }
    strings(group, "weight_names", names);
  }
  /// Adds the weights of the layers of a model, under `root` ("" or "model_weights").
  void layers(const std::string& root, const std::vector<std::pair<std::string, Weights>>& layers) {
    std::vector<std::string> names;
    for (const auto& [name, values] : layers) {
      names.push_back(name);
      weights(root.empty() ? name : root + "/" + name, values);
    }
    strings(root, "layer_names", names);
  }

 private:
  static detail::Hdf5Id text_type(std::size_t size) {
    detail::Hdf5Id type(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(type, std::max<std::size_t>(size, 1));
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    return type;
  }
  detail::Hdf5Id open(const std::string& path) {
    detail::Hdf5Id at(H5Gopen2(file_, "/", H5P_DEFAULT), H5Gclose);
    for (std::size_t begin = 0; begin < path.size();) {
      const std::size_t end = std::min(path.find('/', begin), path.size());
      const std::string name = path.substr(begin, end - begin);
      begin = end + 1;
      at = H5Lexists(at, name.c_str(), H5P_DEFAULT) > 0
               ? detail::Hdf5Id(H5Gopen2(at, name.c_str(), H5P_DEFAULT), H5Gclose)
               : detail::Hdf5Id(H5Gcreate2(at, name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    }
    return at;
  }
  void write_attribute(const std::string& group, const char* name, const detail::Hdf5Id& type,
                       const detail::Hdf5Id& space, const void* value) {
    const detail::Hdf5Id object = open(group);
    const detail::Hdf5Id made(H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    EXPECT_GE(H5Awrite(made, type, value), 0) << name;
  }

  detail::Hdf5Id file_;
};

}  // namespace lamina::testing_support
