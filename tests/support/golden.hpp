#pragma once
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "lamina/lamina.hpp"

// Expected values that Keras computed, from tests/golden. A file contains arrays: name, scalar type, rank, shape and
// row-major values.

namespace lamina::golden {

class Case {
 public:
  explicit Case(const std::string& id) : id_(id) {
    std::string path = LAMINA_TEST_DATA_DIR;
    path.append("/").append(id).append(".txt");
    std::ifstream file(path);
    if (!file) raise<IoError>("golden case \"", id, "\" cannot be opened");
    std::string name, scalar;
    while (file >> name >> scalar) {
      Array& array = arrays_[name];
      Index rank = 0;
      file >> rank;
      for (Index i = 0, size = 0; i < rank && file >> size; ++i) array.shape.push_back(size);
      array.values.resize(static_cast<std::size_t>(array.shape.size()));
      for (double& value : array.values) {
        file >> value;
        if (scalar == "float") value = static_cast<double>(static_cast<float>(value));
      }
      if (!file) raise<IoError>("golden case \"", id, "\" ends inside \"", name, "\"");
    }
  }

  bool contains(const std::string& name) const { return arrays_.count(name) > 0; }
  const std::vector<double>& values(const std::string& name) const { return array(name).values; }
  const Shape& shape(const std::string& name) const { return array(name).shape; }
  template <class S>
  Tensor<S> tensor(const std::string& name) const {
    return Tensor<S>::from(values(name).data(), shape(name));
  }
  /// Returns the arrays prefix0suffix, prefix1suffix and so on.
  template <class S>
  std::vector<Tensor<S>> tensors(const std::string& prefix, const std::string& suffix = "") const {
    std::vector<Tensor<S>> found;
    for (int i = 0; contains(prefix + std::to_string(i) + suffix); ++i)
      found.push_back(tensor<S>(prefix + std::to_string(i) + suffix));
    return found;
  }

 private:
  struct Array {
    Shape shape;
    std::vector<double> values;
  };
  const Array& array(const std::string& name) const {
    const auto found = arrays_.find(name);
    if (found == arrays_.end()) raise<ValueError>("golden case \"", id_, "\" has no array \"", name, "\"");
    return found->second;
  }
  std::string id_;
  std::map<std::string, Array> arrays_;
};

}  // namespace lamina::golden
