#pragma once
#include <utility>

#include "lamina/core/tensor.hpp"

// What operations do with tensors beyond what users may: tensor.hpp includes this file.

namespace lamina::detail {

/// What operations may do with a tensor and users may not.
struct TensorAccess {
  template <class S>
  static S* data(Tensor<S>& t) noexcept {
    return t.data_;
  }
  /// As `mutable_data`, but null where a private copy would have to be made.
  template <class S>
  static S* data_in_place(Tensor<S>& t) noexcept {
    if (!t.storage_.is_plain()) [[unlikely]]
      return nullptr;
    t.trace_ = 0;
    return t.data_;
  }
  template <class S>
  static std::uint64_t trace(const Tensor<S>& t) noexcept {
    return t.trace_;
  }
  template <class S>
  static void set_trace(Tensor<S>& t, std::uint64_t trace) noexcept {
    t.trace_ = trace;
  }
  /// Lets go of the elements: `t` is undefined from here on.
  template <class S>
  static void reset(Tensor<S>& t) noexcept {
    t.data_ = nullptr;
    t.trace_ = 0;
    t.storage_.reset();
  }
  /// `to` gets what `from` has, which is undefined from here on.
  template <class S>
  static void hand_over(Tensor<S>& from, Tensor<S>& to) noexcept {
    to = std::move(from);
    from.data_ = nullptr;
    from.trace_ = 0;
  }
  template <class S>
  static bool is_unique(const Tensor<S>& t) noexcept {
    return t.storage_.is_unique();
  }
  /// False for a view of memory that somebody else owns.
  template <class S>
  static bool owns_memory(const Tensor<S>& t) noexcept {
    return t.storage_.memory() != nullptr;
  }
  /// Zeros of rows of `width` elements each, of which it is known which ones are written: by `touch`, before.
  template <class S>
  static Tensor<S> zeros_by_rows(const Shape& shape, Index width) {
    const auto rows = static_cast<std::size_t>(width == 0 ? 0 : shape.size() / width);
    return Tensor<S>(shape, MemoryPool::of_this_thread().take_zeros(rows, static_cast<std::size_t>(width) * sizeof(S)));
  }
  /// The rows of which only these may be other than zero; null where any element may.
  template <class S>
  static LAMINA_ALWAYS_INLINE TouchedRows* rows(const Tensor<S>& t) noexcept {
    TouchedRows* rows = t.storage_.rows();
    return rows == nullptr || !are_all(*rows, t) ? nullptr : rows;
  }
  template <class S>
  static LAMINA_NOINLINE bool are_all(const TouchedRows& rows, const Tensor<S>& t) noexcept {
    return rows.memory() == t.data_ && rows.all_bytes() == static_cast<std::size_t>(t.size()) * sizeof(S);
  }
  /// Any element may be written from now on.
  template <class S>
  static void forget_rows(Tensor<S>& t) noexcept {
    t.storage_.forget_rows();
  }
  /// The same elements under another shape of the same size; unknown to tapes.
  template <class S>
  static Tensor<S> with_shape(const Tensor<S>& t, const Shape& shape) {
    Tensor<S> result = t.detached();
    result.shape_ = shape;
    return result;
  }
};

/// What is passed where no tensor is.
template <class S>
inline constinit const Tensor<S> no_tensor{};

/// The result tensor of an element-wise operation: `candidate` itself where nobody else holds it, a new one otherwise.
template <class S>
Tensor<S> reuse(Tensor<S>&& candidate, const Shape& shape) {
  if (TensorAccess::is_unique(candidate) && candidate.shape() == shape) {
    TensorAccess::set_trace(candidate, 0);
    TensorAccess::forget_rows(candidate);
    return std::move(candidate);
  }
  return Tensor<S>::empty(shape);
}

}  // namespace lamina::detail
