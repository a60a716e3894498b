#pragma once
#include <cstdint>

#include "lamina/core/tensor.hpp"

namespace lamina::detail {

/// A tensor as an operation reads it, without a handle of its own: whoever gives it keeps it alive meanwhile. A
/// variable's value is read so, under the number that the tapes know it by: no count of handles changes, which threads
/// that use one model would have to pass from core to core.
template <class S>
class Borrowed {
 public:
  Borrowed() noexcept : Borrowed(no_tensor<S>, 0) {}
  Borrowed(const Tensor<S>& tensor) noexcept : Borrowed(tensor, TensorAccess::trace(tensor)) {}  // NOLINT: a tensor is
  Borrowed(const Tensor<S>& tensor, std::uint64_t trace) noexcept : tensor_(&tensor), trace_(trace) {}

  bool defined() const noexcept { return tensor_->defined(); }
  const Shape& shape() const noexcept { return tensor_->shape(); }
  Index rank() const noexcept { return tensor_->rank(); }
  Index size() const noexcept { return tensor_->size(); }
  const S* data() const noexcept { return tensor_->data(); }
  std::uint64_t trace() const noexcept { return trace_; }

  /// A handle to keep.
  Tensor<S> tensor() const {
    Tensor<S> kept = *tensor_;
    TensorAccess::set_trace(kept, trace_);
    return kept;
  }

 private:
  const Tensor<S>* tensor_;
  std::uint64_t trace_;
};

}  // namespace lamina::detail
