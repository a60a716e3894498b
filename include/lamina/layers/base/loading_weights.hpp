#pragma once
#include <cstdint>

#include "lamina/core/error.hpp"
#include "lamina/core/shape.hpp"

namespace lamina::detail {

/// While it exists, the layers that the calling thread builds get their weights from a file afterwards: weights are not
/// initialized, and a model whose weights have more elements than the file can contain is an error before their memory is
/// allocated.
class LoadingWeights {
 public:
  /// `most_elements`: the largest number of elements that the file can contain.
  explicit LoadingWeights(std::uint64_t most_elements) noexcept : left_(most_elements), outer_(current()) {
    current() = this;
  }
  ~LoadingWeights() { current() = outer_; }
  LoadingWeights(const LoadingWeights&) = delete;
  LoadingWeights& operator=(const LoadingWeights&) = delete;

  /// Returns whether the calling thread loads weights; then subtracts the elements of a weight from those of the file.
  /// Throws IoError if there are not so many.
  LAMINA_COLD static bool take(const Shape& shape) {
    LoadingWeights* const loading = current();
    if (loading == nullptr) return false;
    std::uint64_t elements = 1;
    for (const Index size : shape) {
      const auto axis = static_cast<std::uint64_t>(size);
      if (axis != 0 && elements > loading->left_ / axis)
        raise<IoError>("expected at most ", loading->left_,
                       " more weights, which is what the file can contain, got a weight of shape ", shape,
                       ". The configuration is damaged, or the weights are cut off.");
      elements *= axis;
    }
    loading->left_ -= elements;
    return true;
  }

 private:
  static LoadingWeights*& current() noexcept {
    static constinit thread_local LoadingWeights* loading = nullptr;
    return loading;
  }
  std::uint64_t left_;
  LoadingWeights* outer_;
};

}  // namespace lamina::detail
