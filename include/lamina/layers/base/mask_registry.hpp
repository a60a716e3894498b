#pragma once

#include "lamina/core/list.hpp"
#include "lamina/core/per_thread.hpp"
#include "lamina/core/tensor.hpp"

namespace lamina {

/// The masks of the tensors of this thread. A mask has a 1 for each sample and step that counts and a 0 for padding,
/// and the leading axes of its tensor: (batch, steps) for sequences. Layers create masks (Masking, Embedding), use
/// them, and pass them to their outputs; see Layer.
///
/// The key of a mask is the address and shape of its tensor's memory. An entry holds a reference to that memory and is
/// removed when no other handle does, so a mask is never found for a new tensor at the same address.
template <class S>
class MaskRegistry {
 public:
  /// True if any tensor carries a mask. The only check of a layer in a program without masks.
  static bool any() noexcept { return count() > 0; }

  /// Returns the mask of a tensor; undefined if it has none.
  static Tensor<S> find(const Tensor<S>& x) {
    if (any())
      for (std::size_t i = entries().size(); i-- > 0;)
        if (is_same(entries()[i].tensor, x)) return entries()[i].mask;
    return {};
  }
  /// Attaches a mask to `x` and every handle to the same elements; replaces an earlier mask.
  static void attach(const Tensor<S>& x, const Tensor<S>& mask) {
    for (Entry& e : entries())
      if (is_same(e.tensor, x)) {
        e.mask = mask.detached();
        return;
      }
    entries().push_back({x.detached(), mask.detached(), nullptr});
    count() = entries().size();
  }
  /// Removes the entries whose tensor has no other handle. The entries of a Scope stay until it ends.
  static void forget_unused() {
    entries().erase_if([](const Entry& e) {
      return e.scope == nullptr &&
             (detail::TensorAccess::is_unique(e.tensor) || !detail::TensorAccess::owns_memory(e.tensor));
    });
    count() = entries().size();
  }

  /// Attaches a mask to a tensor for the lifetime of the scope; hides an earlier mask.
  class Scope {
   public:
    /// Attaches `mask` to `x`.
    Scope(const Tensor<S>& x, const Tensor<S>& mask) {
      entries().push_back({x.detached(), mask.detached(), this});
      count() = entries().size();
    }
    ~Scope() {
      entries().erase_if([this](const Entry& e) { return e.scope == this; });
      count() = entries().size();
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
  };

 private:
  struct Entry {
    Tensor<S> tensor, mask;
    const void* scope = nullptr;  // the Scope that added the entry
  };
  static bool is_same(const Tensor<S>& a, const Tensor<S>& b) noexcept {
    return a.data() == b.data() && a.shape() == b.shape();
  }
  static List<Entry>& entries() { return detail::PerThread<List<Entry>>::get(); }
  static std::size_t& count() noexcept {
    static constinit thread_local std::size_t entries = 0;
    return entries;
  }
};

/// Returns the mask that a layer attached to its output, as Keras's `_keras_mask`; undefined if it has none.
template <class S>
Tensor<S> get_mask(const Tensor<S>& x) {
  return MaskRegistry<S>::find(x);
}

}  // namespace lamina
