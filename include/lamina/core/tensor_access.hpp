#pragma once
#include <utility>

#include "lamina/core/tensor.hpp"

// Access to the internals of tensors, for operations. tensor.hpp includes this file.

namespace lamina::detail {

/// Access to private members of Tensor, for operations.
struct TensorAccess {
  /// The elements, writable without a check.
  template <class S>
  static S* data(Tensor<S>& t) noexcept {
    return t.data_;
  }
  /// Like `mutable_data`, but returns null instead of making a private copy.
  template <class S>
  static S* data_in_place(Tensor<S>& t) noexcept {
    if (!t.storage_.is_plain()) [[unlikely]]
      return nullptr;
    t.trace_ = 0;
    return t.data_;
  }
  /// The id of the value on the thread's gradient tapes; 0 if it is not recorded.
  template <class S>
  static std::uint64_t trace(const Tensor<S>& t) noexcept {
    return t.trace_;
  }
  template <class S>
  static void set_trace(Tensor<S>& t, std::uint64_t trace) noexcept {
    t.trace_ = trace;
  }
  /// Releases the elements: `t` becomes undefined.
  template <class S>
  static void reset(Tensor<S>& t) noexcept {
    t.data_ = nullptr;
    t.trace_ = 0;
    t.storage_.reset();
  }
  /// Moves `from` to `to`; `from` becomes undefined.
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
  /// False for a view of external memory.
  template <class S>
  static bool owns_memory(const Tensor<S>& t) noexcept {
    return t.storage_.memory() != nullptr;
  }
  /// Returns zeros whose written rows, of `width` elements each, are tracked: call `touch` before writing to a row.
  template <class S>
  static Tensor<S> zeros_by_rows(const Shape& shape, Index width) {
    const auto rows = static_cast<std::size_t>(width == 0 ? 0 : shape.size() / width);
    return Tensor<S>(shape, MemoryPool::of_this_thread().take_zeros(rows, static_cast<std::size_t>(width) * sizeof(S)));
  }
  /// The rows of `t` that may be nonzero; null if they are not tracked.
  template <class S>
  static LAMINA_ALWAYS_INLINE TouchedRows* rows(const Tensor<S>& t) noexcept {
    TouchedRows* rows = t.storage_.rows();
    return rows == nullptr || !are_all(*rows, t) ? nullptr : rows;
  }
  template <class S>
  static LAMINA_NOINLINE bool are_all(const TouchedRows& rows, const Tensor<S>& t) noexcept {
    return rows.memory() == t.data_ && rows.all_bytes() == static_cast<std::size_t>(t.size()) * sizeof(S);
  }
  /// Ends the tracking of rows: any element may be written.
  template <class S>
  static void forget_rows(Tensor<S>& t) noexcept {
    t.storage_.forget_rows();
  }
  /// Returns the same elements with another shape of the same size. Gradient tapes do not track the result.
  template <class S>
  static Tensor<S> with_shape(const Tensor<S>& t, const Shape& shape) {
    Tensor<S> result = t.detached();
    result.shape_ = shape;
    return result;
  }
};

/// An undefined tensor, for optional tensor arguments.
template <class S>
inline constinit const Tensor<S> no_tensor{};

/// Returns the memory for the result of an element-wise operation: `candidate` if it has the shape and no other handle
/// refers to its elements, otherwise a new tensor.
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
