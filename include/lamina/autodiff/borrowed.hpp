#pragma once
#include <cstdint>

#include "lamina/core/tensor.hpp"

namespace lamina::detail {

/// A reference to a tensor, for the arguments of operations. The caller keeps the tensor alive. Operations read the
/// value of a variable through it, with the variable's trace: this changes no reference count, whose cache line threads
/// that share a model would otherwise contend for.
template <class S>
class Borrowed {
 public:
  Borrowed() noexcept : Borrowed(no_tensor<S>, 0) {}
  Borrowed(const Tensor<S>& tensor) noexcept : Borrowed(tensor, TensorAccess::trace(tensor)) {}  // NOLINT: implicit
  Borrowed(const Tensor<S>& tensor, std::uint64_t trace) noexcept : tensor_(&tensor), trace_(trace) {}

  bool defined() const noexcept { return tensor_->defined(); }
  const Shape& shape() const noexcept { return tensor_->shape(); }
  Index rank() const noexcept { return tensor_->rank(); }
  Index size() const noexcept { return tensor_->size(); }
  const S* data() const noexcept { return tensor_->data(); }
  std::uint64_t trace() const noexcept { return trace_; }

  /// Returns an owning handle.
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
